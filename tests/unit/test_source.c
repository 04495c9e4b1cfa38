/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources with files made here byte by byte; tests/interop reads what zip and
 * gpg make.
 */
#define _GNU_SOURCE
#include "config.h"

#include "tests/unit/unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include "server/base/file.h"
#include "server/wire/rnp_library.h"
#include "server/wire/source.h"

static char path[300];

/* Reads all of a source in steps of `step`; NULL when it fails. */
static char *
read_all(struct source *s, size_t step, size_t *n)
{
    struct buf b = {0};
    ssize_t got;

    do {
        buf_room(&b, step);
        got = source_read(s, b.at + b.len, step);
        if (got > 0)
            b.len += (size_t)got;
    } while (got > 0);
    *n = b.len;
    if (got == 0) {
        assert_int_equal(source_read(s, path, 1), 0); /* and stays so */
        return (char *)(uintptr_t)buf_text(&b);
    }
    assert_int_equal(source_read(s, path, 1), -1);
    buf_clear(&b);
    return NULL;
}

/* What comes out of the file at `path`: its text, or the reason in brackets. */
static const char *
outcome(void)
{
    static char text[600];
    char why[512] = "";
    struct source *s = source_open(path, NULL, why);
    size_t n;
    char *all;

    if (s == NULL) {
        snprintf(text, sizeof text, "(%s)", why);
        return text;
    }
    all = read_all(s, 7, &n);
    if (all != NULL)
        snprintf(text, sizeof text, "%s|%.200s", source_name(s), all);
    else
        snprintf(text, sizeof text, "(%s)", source_why(s));
    free(all);
    source_close(s);
    return text;
}

static void
put(const char *name, const void *bytes, size_t n)
{
    snprintf(path, sizeof path, "%s/%s", scratch, name);
    assert_true(file_write(path, bytes, n, 0600));
}

/* ---- zips made with libarchive's writer
 * --------------------------------------- */

struct entry {
    const char *name;
    const void *bytes;
    size_t n;
    int type; /* AE_IFREG … */
};

static void
zip_make(const char *name, const struct entry *e, size_t n, const char *options)
{
    struct archive *a = archive_write_new();

    snprintf(path, sizeof path, "%s/%s", scratch, name);
    assert_int_equal(archive_write_set_format_zip(a), ARCHIVE_OK);
    if (options != NULL)
        assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *entry = archive_entry_new();

        archive_entry_set_pathname(entry, e[i].name);
        archive_entry_set_filetype(entry, (unsigned)e[i].type);
        archive_entry_set_perm(entry, 0644);
        if (e[i].type == AE_IFLNK)
            archive_entry_set_symlink(entry, e[i].bytes);
        else
            archive_entry_set_size(entry, (la_int64_t)e[i].n);
        assert_int_equal(archive_write_header(a, entry), ARCHIVE_OK);
        if (e[i].type == AE_IFREG)
            assert_int_equal(archive_write_data(a, e[i].bytes, e[i].n), e[i].n);
        archive_entry_free(entry);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
}

static const char *
zip_outcome(const char *name, const void *bytes, size_t n)
{
    struct entry e = {name, bytes, n, AE_IFREG};

    zip_make("case.zip", &e, 1, NULL);
    return outcome();
}

static void
plain_files(void **state)
{
    (void)state;
    put("a.lse", "00000001,1\n", 11);
    assert_string_equal(outcome(), "a.lse|00000001,1\n");
    put("b.lse", "", 0);
    assert_string_equal(outcome(), "b.lse|");
    put("c.lse.zip", "not a zip", 9);
    assert_string_equal(outcome(), "c.lse|not a zip");
    put("PK.csv", "PK,\003", 4);
    assert_string_equal(outcome(), "PK.csv|PK,\003");
    put("x.LSE.ZIP.pgp", "x", 1);
    assert_string_equal(outcome(), "x.LSE|x");
    snprintf(path, sizeof path, "%s/none", scratch);
    assert_string_equal(outcome(), "(No such file or directory)");
    snprintf(path, sizeof path, "%s", scratch);
    assert_string_equal(outcome(), "(Is a directory)");
}

static void
large_plain_file_in_odd_steps(void **state)
{
    static char big[1000000];
    char why[512];
    struct source *s;
    size_t n;
    char *all;

    (void)state;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i * i % 23);
    put("big.lse", big, sizeof big);
    s = source_open(path, NULL, why);
    assert_non_null(s);
    all = read_all(s, 33333, &n);
    assert_int_equal(n, sizeof big);
    assert_memory_equal(all, big, n);
    free(all);
    source_close(s);
}

static void
standard_input(void **state)
{
    char why[512], text[16] = "";
    int kept = dup(STDIN_FILENO), fd;
    struct source *s;

    (void)state;
    put("in", "typed", 5);
    fd = open(path, O_RDONLY);
    dup2(fd, STDIN_FILENO);
    s = source_open("-", NULL, why);
    assert_non_null(s);
    assert_string_equal(source_name(s), "-");
    assert_int_equal(source_read(s, text, sizeof text), 5);
    assert_string_equal(text, "typed");
    source_close(s);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(fd);
}

static void
one_file_in_a_zip(void **state)
{
    static const struct entry stored = {"b.lse", "text", 4, AE_IFREG};

    (void)state;
    assert_string_equal(zip_outcome("a.lse", "hello\n", 6), "a.lse|hello\n");
    assert_string_equal(zip_outcome("a.lse", "", 0), "a.lse|");
    zip_make("s.zip", &stored, 1, "zip:compression=store");
    assert_string_equal(outcome(), "b.lse|text");
    zip_make("z.zip", &stored, 1, "zip:zip64");
    assert_string_equal(outcome(), "b.lse|text");
}

static void
names_in_zips(void **state)
{
    static const char *const bad[] = {"../a.lse", "/etc/passwd", "a/b.lse",
                                      ".hidden",  "a b.lse",     "a\\b.lse",
                                      "a\n.lse",  "a:b.lse",     "a\xc3\xb1o"};
    char longest[130];

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_string_equal(zip_outcome(bad[i], "x", 1),
                            "(the name inside the zip is not 1 to 120 letters, "
                            "digits, points, _ and -)");
    memset(longest, 'a', sizeof longest);
    longest[120] = '\0';
    assert_int_equal(zip_outcome(longest, "x", 1)[0], 'a');
    longest[120] = 'a';
    longest[121] = '\0';
    assert_int_equal(zip_outcome(longest, "x", 1)[0], '(');
}

static void
other_things_than_one_file(void **state)
{
    static const struct entry two[] = {{"a.lse", "x", 1, AE_IFREG},
                                       {"b.lse", "y", 1, AE_IFREG}};
    static const struct entry link = {"a.lse", "/etc/passwd", 0, AE_IFLNK};
    static const struct entry dir = {"a", "", 0, AE_IFDIR};

    (void)state;
    zip_make("two.zip", two, 2, NULL);
    assert_string_equal(outcome(), "(the zip holds more than one file)");
    zip_make("link.zip", &link, 1, NULL);
    assert_string_equal(outcome(), "(damaged zip: its directory does not list "
                                   "one plain file, the one in it)");
    zip_make("dir.zip", &dir, 1, NULL);
    assert_string_equal(outcome(), "(the zip holds something that is no file)");
    zip_make("none.zip", two, 0, NULL);
    assert_string_equal(outcome(), "(the zip is empty)");
    assert_string_equal(zip_outcome("a.lse", "PK\003\004 again", 10),
                        "(a zip or PGP inside a zip)");
    assert_string_equal(
        zip_outcome("a.lse", "-----BEGIN PGP MESSAGE-----\n", 28),
        "(a zip or PGP inside a zip)");
}

static void
bombs(void **state)
{
    static char zeros[64 << 20];

    (void)state;
    /* a kilobyte of zip a megabyte of text is too much to be data */
    assert_string_equal(zip_outcome("a.lse", zeros, sizeof zeros),
                        "(unpacks to more than 200 times its size)");
    assert_int_equal(zip_outcome("a.lse", zeros, 1 << 20)[0], 'a');
}

static void
damaged_zips(void **state)
{
    static char text[5000];
    struct buf b = {0};
    int sound = 0;
    char reason[600];

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i * i % 26);
    assert_int_equal(zip_outcome("a.lse", text, sizeof text)[0], 'a');
    assert_true(file_read(path, 100000, &b));
    b.at[60] ^= 1; /* inside the compressed bytes */
    put("crc.zip", b.at, b.len);
    snprintf(reason, sizeof reason, "%s", outcome());
    assert_memory_equal(reason, "(damaged zip: ", 14);
    b.at[60] ^= 1;
    b.at[6] |= 1;
    put("secret.zip", b.at, b.len);
    assert_string_equal(outcome(), "(the zip is encrypted)");
    b.at[6] &= ~1;
    b.at[8] = 12;
    put("bzip2.zip", b.at, b.len);
    assert_string_equal(outcome(), "(the zip is compressed by another method "
                                   "than deflate)");
    b.at[8] = 8;
    for (size_t n = 4; n < b.len; n += n + 99 < b.len ? 13 : 1) {
        put("cut.zip", b.at, n);
        sound += outcome()[0] != '(';
    }
    assert_int_equal(sound, 0);
    buf_add(&b, "junk", 4);
    put("junk.zip", b.at, b.len);
    assert_string_equal(outcome(), "(damaged zip: its directory does not list "
                                   "one plain file, the one in it)");
    buf_clear(&b);
}

/* A second directory where the reading of what follows would stop, and more
 * behind it: all of it has to be read, or a layer below is never asked whether
 * it was sound. */
static void
much_behind_a_zip(void **state)
{
    enum { STOP = 4 * 65536 };
    static char large[STOP + 1];
    struct buf b = {0};
    const char *directory;
    size_t n;

    (void)state;
    assert_int_equal(zip_outcome("a.lse", "x", 1)[0], 'a');
    assert_true(file_read(path, 100000, &b));
    directory = memmem(b.at, b.len, "PK\001\002", 4);
    assert_non_null(directory);
    n = (size_t)(b.at + b.len - directory);
    memcpy(large, b.at, b.len);
    memcpy(large + STOP - n, directory, n);
    put("much.zip", large, sizeof large);
    assert_string_equal(outcome(),
                        "(damaged zip: too much stands behind its directory)");
    buf_clear(&b);
}

static void
pgp_without_keys(void **state)
{
    (void)state;
    put("a.lse.asc", "-----BEGIN PGP MESSAGE-----\n\nAAAA\n", 34);
    assert_string_equal(outcome(), "(encrypted, and there are no PGP keys)");
    put("a.lse.pgp", "\x85\x01\x0c", 3);
    assert_string_equal(outcome(), "(encrypted, and there are no PGP keys)");
}

/* A program that has no memory left, for once. */
static int loads_that_fail;

void *
dlopen(const char *name, int how)
{
    static void *(*real)(const char *name, int how);

    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    if (name && strstr(name, "librnp") && loads_that_fail > 0) {
        loads_that_fail--;
        name = "no memory for librnp";
    }
    return real(name, how);
}

static void
a_failure_to_load_pgp_passes(void **state)
{
    char why[512] = "";

    (void)state;
    loads_that_fail = 2;
    for (int i = 0; i < 2; i++) {
        assert_null(rnp_library(why));
        assert_non_null(strstr(why, "PGP cannot start: no memory for librnp"));
    }
    if (!rnp_library(why))
        fail_msg("%s", why);
    loads_that_fail = 1; /* it is not loaded again */
    assert_non_null(rnp_library(why));
    assert_non_null(rnp_library(why)->result_to_string(0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_files),
        cmocka_unit_test(large_plain_file_in_odd_steps),
        cmocka_unit_test(standard_input),
        cmocka_unit_test(one_file_in_a_zip),
        cmocka_unit_test(names_in_zips),
        cmocka_unit_test(other_things_than_one_file),
        cmocka_unit_test(bombs),
        cmocka_unit_test(damaged_zips),
        cmocka_unit_test(much_behind_a_zip),
        cmocka_unit_test(a_failure_to_load_pgp_passes),
        cmocka_unit_test(pgp_without_keys),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
