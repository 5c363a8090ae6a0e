/* SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef PUMASI_CONF_H
#define PUMASI_CONF_H

/* The daemon's options: defaults, then the configuration file (ledgerd.conf(5)), then the command
 * line. */

#include "core/base.h"

struct conf {
    /* [ledgerd] */
    char *data;      /* the data folder */
    char *user;      /* whom a daemon started as root becomes */
    int64_t sandbox; /* enum sandbox_want */
    /* [http] */
    char *listen;               /* addresses, see conf_addrs */
    char *tls_listen;           /* the same; empty: none, and the two below too */
    char *tls_certificate;      /* a file, PEM: the chain, our own first */
    char *tls_key;              /* a file, PEM: its private key */
    char *metrics_listen;       /* the same; empty: none */
    char *trusted_proxy;        /* networks whose X-Forwarded-For counts, see networks_parse */
    int64_t request_timeout_ms; /* for a request to arrive, from its first byte to its last */
    int64_t publish_minutes;    /* between two checkpoints that the public sees; 0: each one */
    /* [database] */
    char *database; /* a libpq connection string; empty: the embedded cluster in data/pg */
    char *pg_bin;   /* folder of PostgreSQL's programs; empty: the newest that suits */
    int64_t read_connections;
    int64_t statement_timeout_ms;
    int64_t snapshot_days; /* whose snapshots all have their nodes stored, see db_snapshot.h */
    /* [posting] */
    int64_t verify_threads; /* 0: one for each core */
    int64_t batch_max;      /* acts in one transaction */
    int64_t queue_max;      /* acts that wait; more are answered `busy` */
    int64_t takeover_ms;    /* silence after which PostgreSQL ends a poster's session */
    /* [clearing] */
    char *rounds;        /* which the ledger proposes itself, see calendar_parse; empty: none */
    int64_t answer_days; /* that co-ops have to answer one */
    /* [limits] */
    int64_t refusals_per_minute; /* see limits_new; 0: none */
    int64_t member_acts_per_day;
    int64_t strangers_per_day;
    /* [witness] */
    char *witnesses;        /* of this ledger, see peers_parse */
    int64_t cosign_seconds; /* for which the public checkpoint stands, where there are some */
    char *witness_for;      /* other ledgers that this one witnesses */
    char *witness_name;     /* as that witness; empty: the origin */
    int64_t follow_seconds; /* between two looks at each of them */
    /* [log] */
    int64_t log_format; /* enum log_format */
    int64_t log_level;  /* enum log_level */
};

enum conf_kind {
    CONF_TEXT,
    CONF_PATH, /* a path; made absolute when it comes from the command line */
    CONF_ADDRS,
    CONF_NETWORKS,
    CONF_LOGS,      /* ledgers with their log keys, see peers_parse */
    CONF_COSIGNERS, /* witnesses with theirs */
    CONF_CALENDAR,  /* see calendar_parse */
    CONF_INT,
    CONF_CHOICE,
};

/* One row of the table of options; the sample file and the man page are tested against it. */
struct conf_option {
    const char *name;
    const char *section;
    enum conf_kind kind;
    const char *fallback; /* the default, as one would write it */
    size_t offset;        /* into struct conf */
    int64_t min, max;     /* CONF_INT */
    const char *choices;  /* CONF_CHOICE: "a|b|c", stored as 0, 1, 2 */
    bool may_be_empty;
    const char *help; /* a few words, for usage */
};

extern const struct conf_option conf_options[];
extern const size_t conf_options_count;

/* Fills c with the defaults. conf_free releases what it holds. */
void conf_init(struct conf *c);
void conf_free(struct conf *c);

/*
 * Reads a configuration file into c. Strict: an unknown section or option, a value out of range, an
 * option given twice or in the wrong section is an error whose sentence names file and line. When
 * the process is root's, a file that others than root can change may not say whom to become.
 */
int conf_read_file(struct conf *c, const char *path, char *err, size_t err_size) MUST_CHECK;

/*
 * Everything at once, c initialised by it: takes `--NAME VALUE` and `--NAME=VALUE` of every option
 * here, and `--config FILE`, out of argv ('-' may stand for '_'); the rest stays, in order, *argc
 * and argv (NULL at its end) shortened; after `--` nothing is taken. The file read is the one of
 * --config, else DATA/ledgerd.conf, else /etc/pumasi/ledgerd.conf where they exist. *file_used
 * (caller frees) is its path or NULL. -1 and a sentence in err; c is then still to be freed.
 */
int conf_load(struct conf *c, int *argc, char **argv, char **file_used, char *err,
              size_t err_size) MUST_CHECK;

struct conf_addr {
    char host[64]; /* a numeric address, without brackets */
    uint16_t port; /* 0: the kernel chooses */
};

/*
 * Splits "127.0.0.1:7474, [::1]:7474" into *out (caller frees) and *n; an empty text is none.
 * Addresses are numeric, as a name could mean another machine tomorrow. -1 and a sentence in err.
 */
int conf_addrs(const char *text, struct conf_addr **out, size_t *n, char *err,
               size_t err_size) MUST_CHECK;

#endif
