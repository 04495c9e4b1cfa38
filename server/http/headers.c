/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers are told about every answer: nothing inline, no frames, no
 * other sites, no plain HTTP. */
#include "server/http/headers.h"

void
headers_secure(struct MHD_Response *r)
{
    static const char *const pairs[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; script-src 'self'; "
         "img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
         "base-uri 'none'"},
        {"Strict-Transport-Security", "max-age=31536000"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy",
         "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        MHD_add_response_header(r, pairs[i][0], pairs[i][1]);
}
