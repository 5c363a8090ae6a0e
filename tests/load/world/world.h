/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_WORLD_H
#define PUMASI_WORLD_H

/* What the files of the network's world share; see tests/load/world.c for what it does. */

#include "tests/load/lib/hammer.h"

enum {
    HOUR,
    WON,
    BOX,
    UNITS
};
enum {
    HANSALIM,
    MEDICAL,
    CREDIT,
    FARM,
    CHILDCARE,
    ELDERCARE,
    SCHOOL,
    HOUSING,
    REPAIR,
    THEATRE,
    BOOKSHOP,
    KITCHEN,
    WONJU, /* how many co-ops */
};
#define ANYONE      WONJU /* members of every co-op */
#define MEMBERS_MAX 50    /* of one co-op */
#define NOBODY      (-1)  /* a party that is its co-op's purse */

extern const char *const units[UNITS];

struct coop {
    const char *handle, *name;
    int threshold;               /* of its two treasurers */
    const char *clearing[UNITS]; /* auto, ask, never; NULL where it doesn't count in the unit */
    int64_t levy_per_mille[UNITS];
};
extern const struct coop wonju[WONJU];

/* Two co-ops that trust each other, in the units named, by hundredths of the usual limit. */
struct tie {
    int a, b;
    const char *units; /* of "hwb" */
    bool transit;
    int64_t a_gives, b_gives;
};
extern const struct tie ties[];
extern const size_t n_ties;
extern const int64_t usual_limit[UNITS];

/* Is it a person, or the co-op's purse, that pays and is paid? */
enum between {
    PEOPLE,
    TO_PURSE,
    FROM_PURSE,
    BETWEEN_PURSES
};

/* What somebody does for somebody. */
struct service {
    int provider, customer;
    const char *category;
    int unit;
    int64_t least, most, step; /* minor units */
    const char *season;        /* a digit a month from January on: how much of it there is */
    enum between between;
    const char *memo[2]; /* in Korean and in English */
};
extern const struct service services[];
extern const size_t n_services;

/* The handle of a co-op's member: a word from nature, as a handle stays in the log for ever. */
extern const char *const handles[MEMBERS_MAX];
/* What person `i` of the co-op is called: mostly in Korean. The caller frees it. */
char *person_name(int coop, int64_t i);

struct party {
    int coop, number; /* NOBODY: the purse "treasury" */
};

struct world {
    struct hammer h;
    struct conn c;
    int64_t members;           /* of each co-op */
    int64_t today;             /* days since 1970, in the ledger's zone */
    int64_t *balances;         /* as they should be: by co-op, member and unit */
    int64_t net[WONJU][UNITS]; /* of each co-op with all others */
};

static inline int64_t *balance_of(const struct world *w, struct party p, int unit)
{
    return &w->balances[(p.coop * MEMBERS_MAX + p.number) * UNITS + unit];
}

/* Some have no device, so registrars record for them; some have one and let them. */
bool has_no_device(struct party p);
bool lets_registrars(struct party p);
void address_of(char out[ADDRESS_MAX + 1], struct party p);

/* ---- post.c ---- */

/* Who signs an act, and by whom it is. */
struct hand {
    char by[ADDRESS_MAX + 1], names[2][ADDRESS_MAX + 1];
    const char *signers[3]; /* for act_end */
};
/* Its co-op's treasurers, as many as must sign; its registrar; the member itself. */
void hand_treasurers(struct hand *h, int coop);
void hand_registrar(struct hand *h, int coop);
void hand_self(struct hand *h, struct party p);

/* What became of an act. */
struct sent {
    char *body; /* the submission; freed when it is sent */
    int status;
    int64_t index;
    int parts; /* of the record */
    char word[32], detail[200];
};
/* Sends them in order, in bodies of a few hundred lines, until each has an answer; the program ends
 * without one. */
void post(struct world *w, struct sent *acts, size_t n);

/* ---- found.c, trade.c ---- */

/* The co-ops, their policies, purses and members, and the lines between them. The ledger is open
 * and has its units. */
void found(struct world *w);
/* One month's trade, 1 to 12, the last one being the month of today: prints one line. */
void trade(struct world *w, int month);

#endif
