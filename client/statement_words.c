/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "client/statement_words.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/say.h"

#define ANY       (-1)
#define LISTED    8 /* numbers of records before "and so many more" */
#define NO_RECORD (-1)

/* The first row that fits counts, so those of one check stand before those of any. */
static const struct {
    int check;
    enum statement_reason reason;
    const char *text;
} reasons[] = {
    /* What a file can't show. */
    {CHECK_REVOCATIONS, REASON_NO_SNAPSHOT,
     N_("Whether the revocation of a key was left out: no snapshot covers these days yet.")},
    {ANY, REASON_NO_SNAPSHOT,
     N_("Whether an entry was left out: the ledger had made no snapshot yet that covers these days."
        " It makes one a day, so ask for the statement again tomorrow.")},
    {CHECK_REVOCATIONS, REASON_AFTER_SNAPSHOT,
     N_("Whether the revocation of a key was left out after the last snapshot.")},
    {ANY, REASON_AFTER_SNAPSHOT,
     N_("Whether an entry was left out after the last snapshot. It makes one a day, so a statement "
        "made tomorrow can show it.")},
    {ANY, REASON_NO_LEAF_YET,
     N_("Whether an entry was left out: the snapshot is from before the first one.")},
    {CHECK_AUTHORITY, REASON_OTHER_ACT,
     N_("Whether those signed who had to: this program can't judge it for an act of this kind.")},
    {ANY, REASON_OTHER_ACT,
     N_("Whether the amount is right: this program can't judge it for an account or an act of this "
        "kind.")},
    {ANY, REASON_NO_TEXT, N_("What a memo or a reason was: it was erased, or not asked for.")},
    {ANY, REASON_NO_WITNESS,
     N_("Whether the ledger shows others the same history: no witness has signed the state of its "
        "log.")},
    {ANY, REASON_UNKNOWN_WITNESS,
     N_("Whether the ledger shows others the same history: witnesses have signed the state of its "
        "log, but none that you have said you trust.")},
    {ANY, REASON_ZONE_UNKNOWN,
     N_("Which day each entry is of: this machine doesn't know the ledger's time zone. Debian's "
        "package tzdata has it.")},
    {ANY, REASON_NOTHING_EARLIER,
     N_("Whether it agrees with an earlier statement: none was given to compare it with.")},
    {ANY, REASON_NO_CONSISTENCY,
     N_("Whether it agrees with the earlier statement: this file doesn't connect the two states of "
        "the log.")},
    {CHECK_AMOUNTS, REASON_ACT_WITHHELD,
     N_("Whether an amount is the one that was signed: the act behind an entry isn't in this "
        "file.")},
    {ANY, REASON_ACT_WITHHELD, N_("Who signed: the act behind an entry isn't in this file.")},
    {ANY, REASON_LEVY_ELSEWHERE,
     N_("Whether a levy is as high as it should be: how much it is, the co-op's policy says, and "
        "of one whose purse was closed nothing comes back. Neither is in this file.")},
    {ANY, REASON_ESTATE_ELSEWHERE,
     N_("Whether an estate is all that the member had or owed: the member's account isn't in this "
        "file.")},
    {ANY, REASON_ROUND_ELSEWHERE,
     N_("How much a clearing round was to take off: the round itself isn't in this file.")},
    {ANY, REASON_POLICY_ELSEWHERE,
     N_("Whether treasurers might still take a payment back by then: for how many days they may, "
        "the co-op's policy says, which isn't in this file.")},
    /* What failed. */
    {CHECK_SIGNATURE, REASON_BAD_SIGNATURE,
     N_("The ledger's signature doesn't fit: the file was changed after it was made, or the ledger "
        "never made it.")},
    {CHECK_SNAPSHOT, REASON_BAD_SIGNATURE,
     N_("The signature of the ledger's clerk under its snapshot is false.")},
    {CHECK_SNAPSHOT, REASON_NOT_IN_TREE,
     N_("The ledger's snapshot doesn't stand in its log, or not like that, so it counts for "
        "nothing.")},
    {CHECK_SNAPSHOT, REASON_PART_NOT_NAMED,
     N_("What is shown of the ledger's snapshot isn't what was recorded.")},
    {ANY, REASON_BAD_SIGNATURE, N_("A signature under an entry is false.")},
    {CHECK_SIGNATURE, REASON_OTHER_KEY,
     N_("The statement is signed with another key than the log key of the ledger that you trust.")},
    {ANY, REASON_OTHER_KEY, N_("A signature is made with another key than it should be.")},
    {CHECK_LEDGER, REASON_NOT_IN_FORCE,
     N_("The log key that you trust is none of this ledger's, or is one no longer.")},
    {CHECK_LEDGER, REASON_OTHER_LEDGER,
     N_("The statement is of another ledger than the one that you trust.")},
    {ANY, REASON_OTHER_LEDGER, N_("An entry was signed for another ledger.")},
    {CHECK_EARLIER, REASON_BAD_CHECKPOINT,
     N_("The state of the log in the earlier statement isn't signed by this ledger.")},
    {ANY, REASON_BAD_CHECKPOINT,
     N_("The state of the log that the statement refers to isn't signed with the log key that you "
        "trust. If the ledger's stewards changed that key since, verify it with the one of then.")},
    {CHECK_RECORDS, REASON_MALFORMED, N_("What should be a record of the log isn't one.")},
    {CHECK_KEYS, REASON_MALFORMED, N_("A change of keys can't be read.")},
    {CHECK_SIGNATURES, REASON_MALFORMED, N_("What was signed can't be read.")},
    {CHECK_SNAPSHOT, REASON_MALFORMED,
     N_("The ledger's snapshot can't be read, or says two things.")},
    {ANY, REASON_MALFORMED, N_("A part of a record can't be read, or doesn't belong there.")},
    {ANY, REASON_NOT_IN_TREE,
     N_("A record that is shown doesn't stand in the ledger's log, or not like that.")},
    {ANY, REASON_PART_NOT_NAMED, N_("What is shown of a record isn't what was recorded.")},
    {ANY, REASON_TEXT_MISMATCH, N_("A memo or a reason isn't the one that was signed.")},
    {CHECK_KEYS, REASON_GAP,
     N_("A change of the keys of somebody who signed was left out, perhaps a revocation.")},
    {CHECK_REVOCATIONS, REASON_GAP,
     N_("A change of keys was left out, perhaps a revocation: the ledger's snapshot counts more "
        "than are shown.")},
    {CHECK_COMPLETE, REASON_GAP,
     N_("An entry was left out: the ledger's snapshot counts more than are shown.")},
    {ANY, REASON_GAP, N_("An entry was left out: a number is missing.")},
    {CHECK_RECORDS, REASON_DOUBLE, N_("A hash of the proofs is there twice.")},
    {CHECK_PARTS, REASON_DOUBLE,
     N_("The account's unit was made twice, or when there were entries in it already.")},
    {CHECK_KEYS, REASON_DOUBLE, N_("A change of keys is there twice, or in the wrong place.")},
    {CHECK_SNAPSHOT, REASON_DOUBLE,
     N_("The ledger's snapshot counts an account's entries, or the changes of somebody's keys, "
        "twice.")},
    {CHECK_AUTHORITY, REASON_DOUBLE, N_("What was signed once was booked twice.")},
    {ANY, REASON_DOUBLE, N_("An entry is there twice, or in the wrong place.")},
    {CHECK_KEYS, REASON_UNKNOWN_KEY, N_("The ledger's own keys aren't shown.")},
    {ANY, REASON_UNKNOWN_KEY,
     N_("A signature is of a key that isn't among those that the file shows as registered.")},
    {CHECK_SNAPSHOT, REASON_NOT_IN_FORCE,
     N_("The snapshot isn't signed by a key that was the clerk's then.")},
    {ANY, REASON_NOT_IN_FORCE,
     N_("Signed with a key that wasn't in force: revoked before, registered later, or of another "
        "role.")},
    {ANY, REASON_TOO_FEW, N_("Fewer have signed than had to.")},
    {ANY, REASON_OUT_OF_TIME, N_("Booked before or after the time for which it was signed.")},
    {ANY, REASON_WRONG_BALANCE, N_("A balance isn't the one before it and the amount.")},
    {ANY, REASON_WRONG_AMOUNT, N_("The amount that was booked isn't the one that was signed.")},
    {CHECK_SEQUENCE, REASON_WRONG_ACCOUNT, N_("An entry is of another account.")},
    {CHECK_EARLIER, REASON_WRONG_ACCOUNT, N_("The earlier statement is of another account.")},
    {ANY, REASON_WRONG_ACCOUNT, N_("What was signed isn't a payment from or to this account.")},
    {ANY, REASON_WRONG_TOTAL,
     N_("The sums of what came in and went out aren't those of the entries.")},
    {ANY, REASON_WRONG_POINT,
     N_("The opening or the closing balance isn't what the entries come to.")},
    {ANY, REASON_OUTSIDE_DAYS, N_("An entry is of another day than those of the statement.")},
    {ANY, REASON_INSIDE_DAYS,
     N_("An entry of these days was left out, at their beginning or end.")},
    {ANY, REASON_WRONG_ROOT, N_("What the ledger counted isn't in the snapshot that it made.")},
    {CHECK_REVOCATIONS, REASON_NO_LEAF,
     N_("The snapshot's count of the changes of somebody's keys was left out.")},
    {ANY, REASON_NO_LEAF, N_("The snapshot's count of the account's entries was left out.")},
    {CHECK_REVOCATIONS, REASON_LEAF_MISMATCH,
     N_("A change of keys was left out, perhaps a revocation: the ledger's snapshot counts others "
        "than are shown.")},
    {ANY, REASON_LEAF_MISMATCH,
     N_("An entry was left out or put in: the ledger's snapshot counts others than are shown.")},
    {ANY, REASON_NO_ACT,
     N_("What was signed was left out of a record: nobody can tell who signed, nor for how much.")},
    {CHECK_AUTHORITY, REASON_NO_TRANSFER,
     N_("Nobody can tell who might give a payment back, as the payment was left out of the file.")},
    {ANY, REASON_NO_TRANSFER,
     N_("A payment that was given back was left out of the file: nobody can tell how much of it "
        "might be.")},
    {ANY, REASON_NEVER_POSTS,
     N_("What was signed moves nothing on any account, and yet an entry was booked by it.")},
    {CHECK_BALANCES, REASON_AGAINST_RULES,
     N_("A payment went below the floor that was in force for the account.")},
    {ANY, REASON_AGAINST_RULES,
     N_("What was booked is against the ledger's rules: who is frozen or closed pays nothing, and "
        "an estate is taken of who has been frozen for 30 days.")},
    {ANY, REASON_NO_PROOF,
     N_("A hash in the file is in no proof, as if what it proved had been taken out.")},
    {ANY, REASON_NOT_CONSISTENT,
     N_("THE LEDGER HAS REWRITTEN ITS PAST: the log of the earlier statement isn't the beginning of"
        " this one. Keep both files: together they prove it.")},
    {ANY, REASON_LEFT_OUT, N_("An entry of the earlier statement is gone, or is another now.")},
};

const char *statement_reason_words(enum statement_check check, enum statement_reason reason)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].reason == reason &&
            (reasons[i].check == ANY || reasons[i].check == (int)check))
            return _(reasons[i].text);
    }
    return "";
}

const char *statement_never_shown(void)
{
    return _(
        "Whether all else in the ledger is in order, the other sides of these entries among it: "
        "that takes an audit.");
}

/* The sentence for a check of which nothing failed and nothing is open. The caller frees it. */
static char *proved(enum statement_check check, long long n)
{
    unsigned long count = (unsigned long)n;

    switch (check) {
    case CHECK_SIGNATURE:
        return x_strdup(_("The ledger made this statement: its log key signed the whole file."));
    case CHECK_LEDGER:
        return x_strdup(_("It is of the ledger that you trust, from its first record on."));
    case CHECK_CHECKPOINT:
        return x_strdup(_("The ledger has signed the state of its log that this refers to."));
    case CHECK_RECORDS:
        return x_asprintf(ngettext("%lld record stands in that log as it is shown.",
                                   "%lld records stand in that log as they are shown.", count),
                          n);
    case CHECK_PARTS:
        return x_strdup(_("What is shown of each record is what was recorded."));
    case CHECK_TEXTS:
        return x_asprintf(
            ngettext("%lld memo or reason is word for word the one that was signed.",
                     "%lld memos and reasons are word for word those that were signed.", count),
            n);
    case CHECK_KEYS:
        return x_strdup(_("The keys of everybody who signed are shown from their first day on, "
                          "without a gap."));
    case CHECK_SIGNATURES:
        return x_asprintf(ngettext("%lld signature was checked, and it is genuine.",
                                   "%lld signatures were checked, and all are genuine.", count),
                          n);
    case CHECK_AUTHORITY:
        return x_strdup(_("Each entry was signed by those who had to, with keys that were in force "
                          "at that time."));
    case CHECK_SEQUENCE:
        return x_strdup(_("The entries are numbered without a gap."));
    case CHECK_BALANCES:
        return x_strdup(_("Each balance is the one before it and the amount."));
    case CHECK_AMOUNTS:
        return x_strdup(_("Each amount is the one that was signed. A levy on top is no more than "
                          "was agreed to."));
    case CHECK_TOTALS:
        return x_strdup(_("The opening balance, the sums and the closing balance add up."));
    case CHECK_DAYS:
        return x_strdup(
            _("The entries are all of these days, and none is missing at their beginning "
              "or end."));
    case CHECK_SNAPSHOT:
        return x_strdup(_("The ledger's clerk signed a snapshot, which counts the entries of all "
                          "accounts."));
    case CHECK_COMPLETE:
        return x_strdup(_("No entry was left out: the snapshot counts as many as are shown."));
    case CHECK_REVOCATIONS:
        return x_strdup(
            _("No revocation of a key was left out: the snapshot counts the changes that "
              "are shown."));
    case CHECK_EARLIER:
        return x_strdup(
            _("The log of the earlier statement is the beginning of this one: nothing in "
              "it was changed since."));
    case CHECK_WITNESSES:
        return x_asprintf(ngettext("%lld witness has signed the same state of the log.",
                                   "%lld witnesses have signed the same state of the log.", count),
                          n);
    }
    return x_strdup("");
}

/* Does the finding name a record, or a point of the log? */
static bool has_record(const struct statement_finding *f)
{
    return f->index >= 0 && f->check != CHECK_EARLIER && f->reason != REASON_AFTER_SNAPSHOT &&
           f->reason != REASON_NO_LEAF_YET;
}

/* Does it name somebody, or what of the statement is wrong? */
static bool has_name(const struct statement_finding *f)
{
    return f->name[0] != '\0' && f->check != CHECK_TOTALS && f->check != CHECK_SEQUENCE;
}

/* "Records 12, 15, 18 and 4 more." */
static void put_records(struct buf *b, const struct statement_finding *f, size_t n)
{
    struct buf records = BUF_INIT;
    size_t listed = 0, numbered = 0;
    int64_t last = NO_RECORD;

    for (size_t i = 0; i < n; i++) {
        if (!has_record(&f[i]) || f[i].index == last)
            continue;
        last = f[i].index;
        numbered++;
        if (listed < LISTED)
            buf_printf(&records, "%s%" PRId64, listed++ == 0 ? "" : ", ", last);
    }
    if (numbered > listed)
        buf_printf(b, _(" Records %s and %zu more."), records.data, numbered - listed);
    else if (numbered > 0)
        buf_printf(b, ngettext(" Record %s.", " Records %s.", numbered), records.data);
    buf_free(&records);
}

/* Findings that say the same, whom they are about, and the records that they were made of. The
 * caller frees it. */
static char *found(const struct statement_finding *f, size_t n)
{
    struct buf b = BUF_INIT;
    size_t named = 0;

    buf_puts(&b, statement_reason_words(f->check, f->reason));
    for (size_t i = 0; i < n && named < LISTED; i++) {
        if (!has_name(&f[i]) || (i > 0 && str_eq(f[i].name, f[i - 1].name)))
            continue;
        buf_printf(&b, _(" It is about %s."), f[i].name);
        named++;
    }
    put_records(&b, f, n);
    if (f->reason == REASON_AFTER_SNAPSHOT)
        buf_printf(&b, _(" That is from record %" PRId64 " on."), f->index);
    return buf_take(&b);
}

static void add(struct view_finding **list, size_t *n, enum statement_check check,
                enum statement_mark mark, char *text)
{
    *list = x_realloc(*list, (*n + 1) * sizeof(**list));
    (*list)[(*n)++] = (struct view_finding){check, mark, text};
}

/* All findings of one mark; those of one check and reason together. They come sorted by mark and
 * check, so a reason is looked for within its check only. */
static void add_found(const struct statement_verdict *v, enum statement_mark mark,
                      struct view_finding **list, size_t *n)
{
    struct statement_finding *same = x_calloc(v->n_findings + 1, sizeof(*same));
    bool *said = x_calloc(v->n_findings + 1, sizeof(*said));

    for (size_t i = 0; i < v->n_findings; i++) {
        const struct statement_finding *f = &v->findings[i];
        size_t n_same = 0;

        if (said[i] || f->mark != mark)
            continue;
        /* What follows from that is said where it follows, or what it follows from. */
        if ((f->check == CHECK_SNAPSHOT && f->reason == REASON_NO_SNAPSHOT) ||
            (f->check == CHECK_AUTHORITY && f->reason == REASON_ACT_WITHHELD))
            continue;
        for (size_t k = i; k < v->n_findings; k++) {
            if (v->findings[k].mark == mark && v->findings[k].check == f->check &&
                v->findings[k].reason == f->reason) {
                same[n_same++] = v->findings[k];
                said[k] = true;
            }
        }
        add(list, n, f->check, mark, found(same, n_same));
    }
    free(same);
    free(said);
}

/* Of what isn't there, it says little that all of it is right. */
static bool is_empty(const struct statement_verdict *v, enum statement_check check)
{
    if (check == CHECK_AUTHORITY) /* the snapshot's own is counted there too */
        check = CHECK_AMOUNTS;
    return v->checks[check].count == 0;
}

/* Does all that is shown stand in a log that the ledger signed? */
static bool is_in_log(const struct statement_verdict *v)
{
    for (size_t i = 0; i < v->n_findings; i++) {
        const struct statement_finding *f = &v->findings[i];

        if (f->mark == MARK_FAILED &&
            (f->check == CHECK_CHECKPOINT ||
             (f->check == CHECK_RECORDS &&
              (f->reason == REASON_NOT_IN_TREE || f->reason == REASON_MALFORMED))))
            return false;
    }
    return true;
}

/* Does it say something of what is recorded, rather than of the file by itself? Where the log isn't
 * the ledger's, or what is shown doesn't stand in it, such a sentence would be false. */
static bool rests_on_log(enum statement_check check)
{
    switch (check) {
    case CHECK_SIGNATURE:
    case CHECK_CHECKPOINT:
    case CHECK_SEQUENCE:
    case CHECK_BALANCES:
    case CHECK_TOTALS:
    case CHECK_DAYS:
        return false;
    case CHECK_LEDGER:
    case CHECK_RECORDS:
    case CHECK_PARTS:
    case CHECK_TEXTS:
    case CHECK_KEYS:
    case CHECK_SIGNATURES:
    case CHECK_AUTHORITY:
    case CHECK_AMOUNTS:
    case CHECK_SNAPSHOT:
    case CHECK_COMPLETE:
    case CHECK_REVOCATIONS:
    case CHECK_EARLIER:
    case CHECK_WITNESSES:
        break;
    }
    return true;
}

void statement_words(const struct statement_verdict *v, struct view_finding **out, size_t *n)
{
    const bool in_log = is_in_log(v);

    *out = NULL;
    *n = 0;
    add_found(v, MARK_FAILED, out, n);
    add_found(v, MARK_NOT_SHOWN, out, n);
    add(out, n, CHECK_PARTS, MARK_NOT_SHOWN, x_strdup(statement_never_shown()));
    for (int c = 0; c < CHECKS; c++) {
        enum statement_check check = (enum statement_check)c;
        if (v->checks[c].mark == MARK_PROVED && !is_empty(v, check) &&
            (in_log || !rests_on_log(check)))
            add(out, n, check, MARK_PROVED, proved(check, (long long)v->checks[c].count));
    }
}

void statement_words_free(struct view_finding *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i].text);
    free(list);
}
