/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which passwords are taken.  Guessers try the common ones first, then the
 * same with digits and signs around them, with 0 for o, repeated, or walked
 * along the keyboard: a password is common when any such plain form of it is
 * on the list (common_words.inc, hashed) or is a walk.
 */
#include <sodium.h>
#include <string.h>

#include "api/account/password.h"
#include "server/base/str.h"

static const char *const COMMON[256] = {
#include "api/account/common_words.inc"
};

static const char *const WALKS[] = {
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qazwsxedcrfvtgbyhnujmikolp",
    NULL,
};

static size_t
characters(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool
is_listed(const char *text, size_t n)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char four[5];
    const char *at;

    if (n < 4)
        return false;
    crypto_hash_sha256(hash, (const unsigned char *)text, n);
    sodium_bin2base64(four, sizeof four, hash + 1, 3,
                      sodium_base64_VARIANT_ORIGINAL);
    for (at = COMMON[hash[0]]; *at; at += 4) {
        if (memcmp(at, four, 4) == 0)
            return true;
    }
    return false;
}

/* The text, and the text with letters for the digits that look like them. */
static bool
is_listed_plain(const char *text, size_t n)
{
    static const char from[] = "0134578@$!|", to[] = "oieastbasil";
    char plain[PASSWORD_BYTES];

    for (size_t i = 0; i < n; i++) {
        const char *at = strchr(from, text[i]);

        plain[i] = at ? to[at - from] : text[i];
    }
    return is_listed(text, n) || is_listed(plain, n);
}

static bool
is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* The text itself, and what is left without digits and signs around it. */
static bool
is_listed_bare(const char *text, size_t n)
{
    if (is_listed_plain(text, n))
        return true;
    while (n > 0 && !is_letter((unsigned char)text[n - 1]))
        n--;
    while (n > 0 && !is_letter((unsigned char)*text)) {
        text++;
        n--;
    }
    return is_listed_plain(text, n);
}

/* Length of the shortest piece that the text repeats (n when none does). */
static size_t
period(const char *text, size_t n)
{
    for (size_t p = 1; p <= n / 2; p++) {
        if (memcmp(text, text + p, n - p) == 0)
            return p;
    }
    return n;
}

static bool
is_step(char a, char b)
{
    for (const char *const *w = WALKS; *w; w++) {
        const char *at = strchr(*w, a);

        if (at && (at[1] == b || (at > *w && at[-1] == b)))
            return true;
    }
    return a == b;
}

/* Three of four neighbours are next to each other in the alphabet, among the
 * digits or on the keyboard. */
static bool
is_walk(const char *text, size_t n)
{
    size_t steps = 0;

    for (size_t i = 1; i < n; i++)
        steps += is_step(text[i - 1], text[i]);
    return steps * 4 >= (n - 1) * 3;
}

static bool
is_common(const char *lower, size_t n)
{
    size_t piece = period(lower, n);

    return piece < 5 || is_walk(lower, n) || is_listed_bare(lower, n) ||
           is_listed_bare(lower, piece);
}

static void
lower_ascii(char *to, const char *from)
{
    do {
        *to++ = *from >= 'A' && *from <= 'Z' ? (char)(*from + 32) : *from;
    } while (*from++);
}

enum password_rc
password_check(const char *password, const char *login)
{
    char lower[PASSWORD_BYTES + 1], name[ACCOUNT_LOGIN];
    size_t n = strlen(password);

    if (n > PASSWORD_BYTES)
        return PASSWORD_LONG;
    if (!str_is_text(password, n, false))
        return PASSWORD_TEXT;
    if (characters(password) < PASSWORD_LEAST)
        return PASSWORD_SHORT;
    if (characters(password) > PASSWORD_MOST)
        return PASSWORD_LONG;
    lower_ascii(lower, password);
    if (login && str_copy(name, sizeof name, login)) {
        lower_ascii(name, name);
        name[strcspn(name, "@")] = '\0';
        if (strlen(name) >= 4 && strstr(lower, name))
            return PASSWORD_NAME;
    }
    return is_common(lower, n) ? PASSWORD_COMMON : PASSWORD_OK;
}

const char *
password_reason(enum password_rc rc)
{
    switch (rc) {
    case PASSWORD_SHORT:
        return "account.password_short";
    case PASSWORD_LONG:
        return "account.password_long";
    case PASSWORD_TEXT:
        return "account.password_text";
    case PASSWORD_COMMON:
        return "account.password_common";
    case PASSWORD_NAME:
        return "account.password_name";
    case PASSWORD_OK:
        break;
    }
    return "";
}
