/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ledgerd key new-log: the log key that is to follow the one in use. */
#include <stdio.h>

#include "core/key.h"
#include "lang/lang.h"
#include "ledgerd/commands.h"
#include "ledgerd/ownkeys.h"
#include "ledgerd/privs.h"

int cmd_key(struct conf *conf, int argc, char **argv)
{
    char err[512];
    struct key key;
    struct kid kid;

    if (argc != 2 || !str_eq(argv[1], "new-log")) {
        fputs(_("usage: ledgerd key new-log [--data DATA]\n"), stderr);
        return 2;
    }
    if (privs_become(conf->user, conf->data, false, err, sizeof(err)) != 0 ||
        ownkeys_create_next(&key, conf->data, err, sizeof(err)) != 0) {
        fprintf(stderr, "ledgerd key: %s\n", err);
        return 1;
    }
    key_kid(&kid, &key);
    printf(_("The next log key is made: %s/log-next.key. Keep a copy where you keep that of "
             "log.key.\n"
             "Its fingerprint, for the stewards to compare and for the paper beside the old one: "
             "%s\n\n"
             "1. Start ledgerd again. It then asks the stewards to add this key.\n"
             "2. As many stewards as must: pumasi pending, and pumasi sign.\n"
             "   From then on the old key and this one both sign.\n"
             "3. When everybody has connected at least once meanwhile, the stewards revoke the old "
             "one:\n"
             "   pumasi key revoke ledger OLD-FINGERPRINT --role log\n"),
           conf->data, kid.s);
    return 0;
}
