/* SPDX-License-Identifier: Apache-2.0 */
/* Every setting of the product: name, default, range, meaning. */
#ifndef MH_BASE_CONF_TABLE_H
#define MH_BASE_CONF_TABLE_H

/*  T(name, default, text)  I(name, default, least, most, text)
 *  B(name, default, text) */
/* clang-format off */
#define CONF_TABLE(T, I, B)                                                    \
    T(data_dir, MH_LOCALSTATEDIR "/lib/meterhouse",                            \
      "Folder of the store, the inbox, keys and certificates.")                \
    T(store, "", "sqlite:PATH or postgres:CONNINFO; empty is "                 \
      "sqlite: with the folder `store` in data_dir.")                          \
    T(role, "web,worker,loader", "What `serve` does: web answers requests, "   \
      "worker runs jobs, loader watches the inbox and loads.  With "           \
      "PostgreSQL several programs may share the work.")                       \
    T(listen, "127.0.0.1", "Address that the browser port binds to.")          \
    I(port, 8443, 0, 65535, "Browser and JSON port (HTTPS); 0 takes a free "   \
      "one.")                                                                  \
    T(public_url, "", "Address that people type, for links; empty is "         \
      "https://localhost:PORT.")                                               \
    T(certificate, "", "PEM certificate chain; empty is "                      \
      "data_dir/tls/cert.pem, made at first start.")                           \
    T(certificate_key, "", "PEM private key of the certificate.")              \
    T(templates_dir, "", "Folder of the page templates; empty is the "         \
      "installed one.")                                                        \
    T(static_dir, "", "Folder of style sheets, scripts and pictures; empty "   \
      "is the installed one.")                                                 \
    T(log_level, "info", "debug, info, warn or error.")                        \
    I(http_threads, 2, 1, 64, "Threads that read and write sockets.")          \
    I(workers, 8, 1, 256, "Threads that answer requests; as many "              \
      "at once as there are processors, more while those take long.")         \
    I(queue, 256, 1, 65536, "Requests that may wait for a worker; more get "   \
      "503.")                                                                  \
    I(connections, 1000, 16, 65536, "Open connections at once.")               \
    I(connections_per_ip, 50, 1, 65536, "Open connections of one address.")    \
    I(requests_per_second, 100, 0, 1000000, "Requests a second that one "      \
      "address may make for long; more get 429; 0 sets no limit.")             \
    I(requests_burst, 2000, 1, 1000000, "Requests that one address may make "  \
      "at once before requests_per_second counts.")                            \
    T(metrics_peers, "127.0.0.1 ::1", "Addresses that may read /metrics, "     \
      "separated by blanks; * is anyone.")                                     \
    I(header_timeout, 10, 1, 600, "Seconds to receive a request's headers.")   \
    I(idle_timeout, 60, 1, 3600, "Seconds an idle connection is kept.")        \
    I(session_idle, 1800, 60, 86400, "Seconds until an idle session ends.")    \
    I(session_life, 43200, 300, 604800, "Seconds until any session ends.")     \
    I(login_failures, 100, 5, 10000, "Failed sign-ins an account and an "      \
      "address may have in an hour.")                                          \
    T(profile, "default", "History windows: `default` (24 months of "          \
      "everything for customers) or `2010` (customers 13/13/24 months, REPs "  \
      "and TDSPs 48/48/24).")                                                  \
    I(screen_interval_days, 40, 1, 400, "Most days of 15-minute data on a "    \
      "page.")                                                                 \
    I(screen_daily_days, 1200, 1, 4000, "Most days of daily data on a page.")  \
    I(screen_monthly_months, 24, 1, 240, "Most months on a page.")             \
    I(page_cache, 33554432, 0, 17179869184, "Bytes of usage pages kept ready " \
      "until a load or anything else changes them; 0 keeps none.")             \
    T(default_zone, "America/Chicago", "Zone of an ESI ID that the registry "  \
      "does not know.")                                                        \
    T(accepted_receivers, "183529049", "Receiver DUNS numbers that LSE files " \
      "may name, separated by blanks; * takes any.")                           \
    T(inbox, "", "Folder watched for files, one folder a sender DUNS; empty "  \
      "is data_dir/inbox.")                                                    \
    I(inbox_seconds, 5, 1, 3600, "Seconds between looks at the inbox.")        \
    I(away_seconds, 60, 1, 3600, "Seconds that a load of the inbox waits for " \
      "a server of readings that is away; then it is tried again later.")      \
    T(pgp_keys, "", "Folder of the installation's PGP secret keys; empty is "  \
      "data_dir/pgp.")                                                         \
    T(keep, "48", "Months of readings that are kept, besides the current "     \
      "one, or `forever`; older ones are dropped, and refused in files.")      \
    I(compact_days, 45, 0, 3650, "Days after the end of a month when its "     \
      "readings are rewritten point by point (SQLite); 0 is never.")           \
    I(load_hour, 6, 0, 23, "Local hour when the day's files are expected, "    \
      "for the note `next load expected` on the pages.")                       \
    I(scrub_days, 7, 0, 365, "Days in which the scrub verifies every "         \
      "checksum of the store once; 0 never.")                                  \
    I(due_hours, 23, 1, 720, "Hours after the midnight that ends an "          \
      "operating day until which its readings are in time; later ones count " \
      "as late.")                                                              \
    T(site_name, "Meterhouse", "Name of the portal, as the pages show it.")    \
    T(help_phone, "", "Telephone of the help line, shown on every page.")      \
    T(help_email, "", "E-mail address of the help line, shown on every "       \
      "page.")                                                                 \
    B(demo, false, "Shows the demo log-ins on the home page.")
/* clang-format on */

#endif
