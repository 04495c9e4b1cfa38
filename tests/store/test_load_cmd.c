/* SPDX-License-Identifier: Apache-2.0 */
/* meterhouse load and unload: words, exit codes, what is written where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <jansson.h>

#include "api/feed/load_cmd.h"
#include "server/base/buf.h"
#include "server/base/clock.h"
#include "server/base/file.h"
#include "tests/golden/golden.h"
#include "tests/store/run_cmd.h"

static void
read_good(struct buf *to)
{
    assert_true(golden_read(to, golden_path("lse_good.lse")));
}

static const char *
write_text(struct engine *e, const char *name, const void *bytes, size_t n)
{
    static char path[600];

    snprintf(path, sizeof path, "%s/%s", e->folder, name);
    assert_true(file_write(path, bytes, n, 0600));
    return path;
}

/* Runs load with these words, then the path of a file in the test's folder. */
static enum cmd_rc
load(struct engine *e, const char *words, const char *name)
{
    char line[1024];

    snprintf(line, sizeof line, "%s %s/%s", words, e->folder, name);
    return cmd_run(load_cmd, line, "");
}

/* ---- words
 * ---------------------------------------------------------------------- */

static void
test_words(void **state)
{
    static const char *const WRONG[] = {"", "--json", "--jason x", "--report",
                                        "x --report"};
    struct engine *e = cmd_engine(state);

    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_int_equal(cmd_run(load_cmd, WRONG[i], ""), CMD_USAGE);
    cmd_expect(load(e, "", "nothing.lse"), CMD_FAILED, "No such file");
    cmd_expect(cmd_run(unload_cmd, "", ""), CMD_USAGE, "number of one load");
    cmd_expect(cmd_run(unload_cmd, "one", ""), CMD_USAGE, "number");
    cmd_expect(cmd_run(unload_cmd, "7", ""), CMD_FAILED, "no load 7");
}

/* ---- results
 * -------------------------------------------------------------------- */

static void
test_text_and_exit_codes(void **state)
{
    struct engine *e = cmd_engine(state);
    struct buf good = {0};
    char *x;

    read_good(&good);
    write_text(e, "a.lse", good.at, good.len);
    cmd_expect(load(e, "", "a.lse"), CMD_DONE,
               "a.lse: lse, load 1; 4 read: 4 loaded, 0 replaced, 0 "
               "unchanged, 0 historic, 0 rejected; ");
    cmd_expect(load(e, "", "a.lse"), CMD_DONE,
               "a.lse: is in the store as load 1; 4 read: 0 loaded, 0 "
               "replaced, 4 unchanged");
    x = strstr(good.at, "0.145");
    memcpy(x, "0.1x5", 5);
    write_text(e, "b.lse", good.at, good.len);
    cmd_expect(load(e, "", "b.lse"), CMD_REJECTS,
               "b.lse:6:13: energy of interval 1: energy is digits, with a "
               "point only between digits [02 M51]\n"
               "    10000000,0.1x5,A,,0.113,A,,0.144,A,,0.132,A,,\n"
               "                ^\n");
    cmd_expect(CMD_DONE, CMD_DONE,
               "4 read: 0 loaded, 0 replaced, 3 unchanged, "
               "0 historic, 1 rejected");
    write_text(e, "c.lse", "hello\n", 6);
    cmd_expect(load(e, "", "c.lse"), CMD_REJECTS, "c.lse: refused\n");
    cmd_expect(CMD_DONE, CMD_DONE,
               "file: the file does not begin with an LSE row [F2 M03]");
    cmd_expect(cmd_run(unload_cmd, "1", ""), CMD_DONE,
               "load 1 of a.lse is undone: 4 records");
    cmd_expect(cmd_run(unload_cmd, "1", ""), CMD_FAILED, "not in force");
    buf_clear(&good);
}

static void
test_many_rejects_are_cut_short(void **state)
{
    struct engine *e = cmd_engine(state);
    struct buf text = {0};

    for (int i = 0; i < 25; i++)
        buf_puts(&text, "00000001,,4\n");
    write_text(e, "a.lse", text.at, text.len);
    cmd_expect(load(e, "", "a.lse"), CMD_REJECTS, "15 more rejects");
    cmd_expect(load(e, "--verbose", "a.lse"), CMD_REJECTS, "a.lse:25:10: ESI");
    assert_null(strstr(cmd_said, "more rejects"));
    buf_clear(&text);
}

/* ---- JSON
 * ----------------------------------------------------------------------- */

static int64_t
json_number(const json_t *o, const char *key)
{
    const json_t *n = json_object_get(o, key);

    assert_true(json_is_integer(n));
    return json_integer_value(n);
}

static void
test_json(void **state)
{
    struct engine *e = cmd_engine(state);
    struct buf good = {0};
    json_t *o;

    read_good(&good);
    write_text(e, "a.lse", good.at, good.len);
    assert_int_equal(load(e, "--json", "a.lse"), CMD_DONE);
    o = json_loads(cmd_said, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(o);
    assert_non_null(
        strstr(json_string_value(json_object_get(o, "file")), "a.lse"));
    assert_string_equal(json_string_value(json_object_get(o, "kind")), "lse");
    assert_int_equal(json_number(o, "records"), 4);
    assert_int_equal(json_number(o, "loaded"), 4);
    assert_int_equal(json_number(o, "replaced"), 0);
    assert_int_equal(json_number(o, "unchanged"), 0);
    assert_int_equal(json_number(o, "historic"), 0);
    assert_int_equal(json_number(o, "rejected"), 0);
    assert_true(json_is_real(json_object_get(o, "seconds")));
    assert_true(json_is_real(json_object_get(o, "MB/s")));
    assert_string_equal(strchr(cmd_said, '\n'), "\n"); /* one line */
    json_decref(o);
    buf_clear(&good);
}

/* ---- wrapped, piped, in folders
 * ---------------------------------------------------- */

static void
write_zip(struct engine *e, const char *name, const struct buf *text)
{
    struct archive *a = archive_write_new();
    struct archive_entry *entry = archive_entry_new();
    char path[600];

    snprintf(path, sizeof path, "%s/%s", e->folder, name);
    archive_write_set_format_zip(a);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    archive_entry_set_pathname(entry,
                               "999000111IntervalData20250702063000007.lse");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)text->len);
    archive_entry_set_perm(entry, 0600);
    assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, text->at, text->len), text->len);
    archive_entry_free(entry);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static void
test_zip_and_input(void **state)
{
    struct engine *e = cmd_engine(state);
    struct buf good = {0}, zip = {0};
    char path[600];

    read_good(&good);
    write_zip(e, "a.lse.zip", &good);
    snprintf(path, sizeof path, "%s/a.lse.zip", e->folder);
    assert_true(file_read(path, 1 << 20, &zip));
    write_text(e, "short.lse.zip", zip.at, zip.len / 2);
    zip.at[zip.len / 2] ^= 1;
    write_text(e, "bad.lse.zip", zip.at, zip.len);
    cmd_expect(load(e, "", "short.lse.zip"), CMD_REJECTS, "[F2 M06]");
    cmd_expect(load(e, "", "bad.lse.zip"), CMD_REJECTS, "[F2 M06]");
    cmd_expect(load(e, "", "a.lse.zip"), CMD_DONE, "4 loaded");
    /* the text is the same, but its name had no stamp: another version */
    cmd_expect(cmd_run(load_cmd, "-", good.at), CMD_DONE,
               "-: lse, load 4; 4 read: 0 loaded, 0 replaced, 4 unchanged");
    buf_clear(&good);
    buf_clear(&zip);
}

static void
test_folder_and_reports(void **state)
{
    struct engine *e = cmd_engine(state);
    struct buf good = {0}, report = {0};
    char words[1024], path[600];

    read_good(&good);
    snprintf(path, sizeof path, "%s/in/sub", e->folder);
    assert_true(file_make_dir(path, 0700));
    write_text(e, "in/1.lse", good.at, good.len);
    memcpy(strstr(good.at, "0.145"), "-.145", 5);
    write_text(e, "in/sub/2.lse", good.at, good.len);
    write_text(e, "in/readme.txt", "no", 2);
    snprintf(words, sizeof words, "--report %s/out %s/in", e->folder,
             e->folder);
    cmd_expect(cmd_run(load_cmd, words, ""), CMD_REJECTS,
               "2 files, 8 read: 4 loaded, 0 replaced, 3 unchanged, 0 "
               "historic, 1 rejected; ");
    snprintf(path, sizeof path, "%s/out/2.lse.activity.csv", e->folder);
    assert_true(file_read(path, 1 << 16, &report));
    assert_non_null(strstr(buf_text(&report),
                           "\nREJECT,6,10443720000000001,2025-07-01,4,01,M52,"
                           "energy of interval 1,energy may not be "
                           "negative\n"));
    assert_non_null(strstr(report.at, "\nCOUNT,,,,,,,unchanged,3\n"));
    snprintf(path, sizeof path, "%s/out/1.lse.activity.csv", e->folder);
    assert_true(file_exists(path));
    buf_clear(&good);
    buf_clear(&report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TESTS(test_words),
        ENGINE_TESTS(test_text_and_exit_codes),
        ENGINE_TESTS(test_many_rejects_are_cut_short),
        ENGINE_TESTS(test_json),
        ENGINE_TESTS(test_zip_and_input),
        ENGINE_TESTS(test_folder_and_reports),
    };

    golden_clock();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
