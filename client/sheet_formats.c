/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/sheet_formats.h"

#include <stddef.h>

const struct sheet_format sheet_formats[] = {
    /*
     * Statistics, "All transfers", CSV: date, from, to, post, quantity as 1:30 (Report::Transfer-
     * Decorator); and the complete one, where the quantity is hours with two decimals (Transfer-
     * CompleteReportDecorator). Headers are in the language of the one who downloads.
     */
    {"timeoverflow", "[columns]\n"
                     "date = ? Date | Created at | Fecha | Data\n"
                     "from = From | De\n"
                     "to = To | Para | Per a\n"
                     "memo = ? Reason | Post | Motivo | Motiu | Anuncio | Anunci\n"
                     "amount = Quantity | Cantidad | Quantitat\n"
                     "member = ? Username | Nombre | Nom\n"
                     "balance = ? Balance | Saldo\n"
                     "\n[sheet]\n"
                     "decimal = point\n"
                     "dates = ymd\n"
                     "amounts = rounded\n"},
    /* Cyclos 3's account history as CSV, Cyclos 4's transfers overview. */
    {"cyclos", "[columns]\n"
               "date = ? Date\n"
               "from = From | From owner | ???transfer.fromOwner??? | From account | Payer\n"
               "to = To | To owner | ???transfer.toOwner??? | To account | Payee\n"
               "memo = ? Description\n"
               "category = ? Transaction type | Type | Transfer type\n"
               "amount = Amount\n"
               "unit = ? Currency\n"
               "member = ? Username | User | Login name | Name\n"
               "balance = ? Balance | Account balance\n"},
    /* The trades of an exchange as the Community Exchange System gives them to its administrator.
     */
    {"ces", "[columns]\n"
            "date = ? Date entered | date_entered | Date\n"
            "from = Buyer | Buyer account\n"
            "to = Seller | Seller account\n"
            "memo = ? Description\n"
            "amount = buyer_amount | Buyer amount | Amount\n"
            "member = ? Account | Account No | UID | Name\n"
            "balance = ? Balance\n"},
    {NULL, NULL},
};
