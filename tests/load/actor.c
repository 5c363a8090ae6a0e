/* SPDX-License-Identifier: AGPL-3.0-or-later */
/*
 * actor: makes and verifies what goes over the wire, one thing at a time, also what no proper
 * client would send; curl does the sending. Keys come from names (the same as hammer's of seed 1,
 * so that a ledger made by `hammer setup` can be acted on).
 *
 *   actor key NAME              the public key, a JWK
 *   actor kid NAME              its thumbprint
 *   actor sign NAME...          a submission signed by these keys. The payload is read from
 *                               standard input; with --type, --by and --aud only the type's own
 *                               members are, as an object, and the others are put before them
 *       --text FIELD=TEXT       adds FIELD_hash to the payload and the text beside it
 *       --jti ID --iat SECONDS --exp SECONDS
 *                               from now on, -1 and 600 where nothing is said
 *       --alg ALG --typ TYP --extra MEMBERS
 *                               of the protected headers, in the place of what belongs there
 *       --break                 the last signature is a wrong one
 *       --no-text               the texts stay out, their hashes stay in
 *   actor token NAME AUD BY METHOD PATH
 *                               a query token; options as above
 *   actor receipt VKEY          verifies the receipt on standard input; prints "INDEX SIZE"
 *   actor note VKEY             verifies a checkpoint; prints "SIZE ROOT"
 *   actor hash                  of each line of standard input: SHA-256 in base64url
 *
 * The exit status is 1 when something doesn't verify.
 */
#include <getopt.h>
#include <sodium.h>

#include "core/b64.h"
#include "tests/load/lib/hammer.h"

struct options {
    const char *type, *by, *aud, *jti, *alg, *typ, *extra;
    const char *texts[TEXTS_MAX];
    size_t n_texts;
    int64_t iat, exp;
    bool spoil, no_text;
};

static const struct hammer seed = {.seed = 1};

static int wrong_use(void)
{
    fputs("actor: see the head of tests/load/actor.c\n", stderr);
    return 2;
}

static void read_all(struct buf *b)
{
    char chunk[65536];
    size_t n;

    while ((n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
        buf_put(b, chunk, n);
    while (b->len > 0 && b->data[b->len - 1] == '\n')
        b->data[--b->len] = '\0';
}

/* ---- Signing ---- */

static void put_protected(struct buf *b, const struct options *o, const struct kid *kid)
{
    struct buf json = BUF_INIT;

    buf_printf(&json, "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"%s\"%s%s}", o->alg, kid->s, o->typ,
               o->extra ? "," : "", o->extra ? o->extra : "");
    buf_put_b64u(b, json.data, json.len);
    buf_free(&json);
}

/* "<protected>.<payload>" and its signature. */
static void sign(const struct options *o, const char *name, const struct buf *payload,
                 struct buf *input, uint8_t sig[KEY_SIG_LEN])
{
    uint8_t secret[KEY_SECRET_LEN];
    struct key key;
    struct kid kid;

    secret_of(&seed, name, secret);
    key_of_secret(&key, secret);
    key_kid(&kid, &key);
    put_protected(input, o, &kid);
    buf_putc(input, '.');
    buf_put_b64u(input, payload->data, payload->len);
    key_sign(secret, input->data, input->len, sig);
}

/* The members that every act has, before the type's own. */
static void put_common(struct buf *b, const struct options *o, const struct buf *own)
{
    int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
    uint8_t id[16];

    buf_puts(b, "{\"type\":");
    buf_puts_json(b, o->type);
    buf_puts(b, ",\"aud\":");
    buf_puts_json(b, o->aud);
    buf_puts(b, ",\"by\":");
    buf_puts_json(b, o->by);
    buf_puts(b, ",\"jti\":\"");
    if (o->jti) {
        buf_puts(b, o->jti);
    } else {
        randombytes_buf(id, sizeof(id));
        buf_put_b64u(b, id, sizeof(id));
    }
    buf_printf(b, "\",\"iat\":%" PRId64 ",\"exp\":%" PRId64, now + o->iat, now + o->exp);
    if (own->len > 2)
        buf_printf(b, ",%s", own->data + 1);
    else
        buf_putc(b, '}');
}

/* Puts the texts' hashes into the payload, and the texts into `beside`. */
static void put_texts(struct buf *payload, const struct options *o, struct buf *beside)
{
    for (size_t i = 0; i < o->n_texts; i++) {
        const char *text = strchr(o->texts[i], '=');
        uint8_t salt[TEXT_SALT_LEN];
        struct hash hash;
        int field = text ? (int)(text++ - o->texts[i]) : 0;

        if (field == 0)
            exit(wrong_use());
        randombytes_buf(salt, sizeof(salt));
        text_hash(&hash, salt, text, strlen(text));
        payload->data[--payload->len] = '\0'; /* the bracket */
        buf_printf(payload, ",\"%.*s_hash\":\"", field, o->texts[i]);
        buf_put_b64u(payload, hash.b, HASH_LEN);
        buf_puts(payload, "\"}");
        buf_printf(beside, "%s\"%.*s\":{\"salt\":\"", i ? "," : "", field, o->texts[i]);
        buf_put_b64u(beside, salt, sizeof(salt));
        buf_puts(beside, "\",\"text\":");
        buf_puts_json(beside, text);
        buf_putc(beside, '}');
    }
}

static int cmd_sign(const struct options *o, char **names, int n)
{
    struct buf own = BUF_INIT, payload = BUF_INIT, beside = BUF_INIT, out = BUF_INIT;

    read_all(&own);
    if (o->type)
        put_common(&payload, o, &own);
    else
        buf_put(&payload, own.data, own.len);
    put_texts(&payload, o, &beside);
    buf_puts(&out, "{\"act\":{\"payload\":\"");
    buf_put_b64u(&out, payload.data, payload.len);
    buf_puts(&out, "\",\"signatures\":[");
    for (int i = 0; i < n; i++) {
        struct buf input = BUF_INIT;
        uint8_t sig[KEY_SIG_LEN];

        sign(o, names[i], &payload, &input, sig);
        sig[3] ^= o->spoil && i + 1 == n;
        buf_printf(&out, "%s{\"protected\":\"%.*s\",\"signature\":\"", i ? "," : "",
                   (int)strcspn(input.data, "."), input.data);
        buf_put_b64u(&out, sig, sizeof(sig));
        buf_puts(&out, "\"}");
        buf_free(&input);
    }
    buf_puts(&out, "]}");
    if (beside.len > 0 && !o->no_text)
        buf_printf(&out, ",\"texts\":{%s}", beside.data);
    buf_putc(&out, '}');
    puts(out.data);
    buf_free(&own);
    buf_free(&payload);
    buf_free(&beside);
    buf_free(&out);
    return 0;
}

/* args: key's name, audience, holder, method, path. */
static void put_token(const struct options *o, const char *const *args)
{
    int64_t now = clock_ms(CLOCK_REALTIME) / 1000;
    struct buf payload = BUF_INIT, out = BUF_INIT;
    uint8_t sig[KEY_SIG_LEN];

    buf_puts(&payload, "{\"aud\":");
    buf_puts_json(&payload, args[1]);
    buf_puts(&payload, ",\"by\":");
    buf_puts_json(&payload, args[2]);
    buf_printf(&payload, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"htm\":", now + o->iat,
               now + o->exp);
    buf_puts_json(&payload, args[3]);
    buf_puts(&payload, ",\"htu\":");
    buf_puts_json(&payload, args[4]);
    buf_putc(&payload, '}');
    sign(o, args[0], &payload, &out, sig);
    sig[3] ^= o->spoil;
    buf_putc(&out, '.');
    buf_put_b64u(&out, sig, sizeof(sig));
    puts(out.data);
    buf_free(&payload);
    buf_free(&out);
}

static int cmd_tokens(const struct options *o, const char *aud)
{
    const char *args[5] = {NULL, aud};
    struct buf b = BUF_INIT;

    read_all(&b);
    for (char *line = b.data, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        for (size_t i = 0; i < ARRAY_LEN(args); i++) {
            char *end;

            if (i == 1)
                continue;
            if (!line)
                exit(wrong_use());
            end = strchr(line, ' ');
            if (end)
                *end++ = '\0';
            args[i] = line;
            line = end;
        }
        put_token(o, args);
    }
    buf_free(&b);
    return 0;
}

/* ---- Verifying ---- */

static int complain(const char *why)
{
    fprintf(stderr, "actor: %s\n", why);
    return 1;
}

static int open_checkpoint(const char *vkey, const char *note, size_t len, struct checkpoint *c)
{
    char origin[ORIGIN_MAX + 1];
    const char *why = "the vkey isn't one";
    struct key key;

    if (vkey_parse(vkey, origin, sizeof(origin), &key) != 0 ||
        checkpoint_open(c, note, len, origin, &key, &why) != 0)
        return complain(why);
    return 0;
}

static int check_receipt(const char *vkey, const char *header, const char *text, int64_t index)
{
    struct record_header head;
    struct checkpoint c;
    struct proof proof;
    struct hash entry, leaf;
    const char *why;

    if (record_header_peek(&head, header, strlen(header), &why) != 0 ||
        proof_parse(&proof, text, strlen(text), &why) != 0)
        return complain(why);
    if (open_checkpoint(vkey, proof.note, proof.note_len, &c) != 0)
        return 1;
    hash_bytes(&entry, header, strlen(header));
    tree_leaf_hash(&leaf, entry.b, HASH_LEN);
    if (head.index != index || proof.index != (uint64_t)index ||
        !tree_check_inclusion(&leaf, proof.index, c.size, proof.hashes, proof.n, &c.root))
        return complain("the record isn't in the checkpoint's tree");
    printf("%" PRId64 " %" PRIu64 "\n", index, c.size);
    return 0;
}

static int cmd_receipt(const char *vkey)
{
    struct buf b = BUF_INIT;
    const char *header, *proof;
    json_t *receipt;
    int ret = 1;

    read_all(&b);
    receipt = json_loadb(b.data ? b.data : "", b.len, JSON_REJECT_DUPLICATES, NULL);
    header = json_string_value(json_object_get(receipt, "header"));
    proof = json_string_value(json_object_get(receipt, "proof"));
    if (!header || !proof || !json_is_integer(json_object_get(receipt, "index")))
        (void)complain("that is no receipt");
    else
        ret = check_receipt(vkey, header, proof,
                            json_integer_value(json_object_get(receipt, "index")));
    json_decref(receipt);
    buf_free(&b);
    return ret;
}

static int cmd_note(const char *vkey)
{
    char root[B64_LEN(HASH_LEN) + 1];
    struct buf b = BUF_INIT;
    struct checkpoint c;
    int ret;

    read_all(&b);
    buf_putc(&b, '\n'); /* which read_all took away */
    ret = open_checkpoint(vkey, b.data, b.len, &c);
    if (ret == 0) {
        b64_encode(root, c.root.b, HASH_LEN);
        printf("%" PRIu64 " %s\n", c.size, root);
    }
    buf_free(&b);
    return ret;
}

static int cmd_hash(void)
{
    char text[B64U_LEN(HASH_LEN) + 1];
    struct buf b = BUF_INIT;

    read_all(&b);
    for (char *line = b.data, *next; line; line = next) {
        struct hash hash;

        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        hash_bytes(&hash, line, strlen(line));
        b64u_encode(text, hash.b, HASH_LEN);
        puts(text);
    }
    buf_free(&b);
    return 0;
}

/* ---- The command line ---- */

static int cmd_key(const char *name, bool thumbprint)
{
    uint8_t secret[KEY_SECRET_LEN];
    struct buf b = BUF_INIT;
    struct key key;
    struct kid kid;

    secret_of(&seed, name, secret);
    key_of_secret(&key, secret);
    key_kid(&kid, &key);
    key_put_jwk(&b, &key);
    puts(thumbprint ? kid.s : b.data);
    buf_free(&b);
    return 0;
}

static bool seconds(const char *s, int64_t *out)
{
    return num_parse(s, strlen(s), NUM_MIN / 2, NUM_MAX / 2, out) == 0;
}

static int run_command(struct options *o, char **args, int n)
{
    const char *command = n > 0 ? args[0] : "";
    bool token = strncmp(command, "token", 5) == 0;

    if (!o->typ)
        o->typ = token ? "pumasi-query+jwt" : "pumasi-act+json";
    if (o->exp == 0)
        o->exp = token ? 240 : 600; /* a token may live for 300 */
    if (n == 2 && (str_eq(command, "key") || str_eq(command, "kid")))
        return cmd_key(args[1], str_eq(command, "kid"));
    if (n >= 2 && str_eq(command, "sign") && (!o->type || (o->by && o->aud)))
        return cmd_sign(o, args + 1, n - 1);
    if (n == 6 && str_eq(command, "token")) {
        put_token(o, (const char *const *)args + 1);
        return 0;
    }
    if (n == 2 && str_eq(command, "tokens"))
        return cmd_tokens(o, args[1]);
    if (n == 2 && str_eq(command, "receipt"))
        return cmd_receipt(args[1]);
    if (n == 2 && str_eq(command, "note"))
        return cmd_note(args[1]);
    if (n == 1 && str_eq(command, "hash"))
        return cmd_hash();
    return wrong_use();
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"type", required_argument, NULL, 't'},
        {"by", required_argument, NULL, 'b'},
        {"aud", required_argument, NULL, 'a'},
        {"jti", required_argument, NULL, 'j'},
        {"iat", required_argument, NULL, 'i'},
        {"exp", required_argument, NULL, 'e'},
        {"alg", required_argument, NULL, 'g'},
        {"typ", required_argument, NULL, 'y'},
        {"extra", required_argument, NULL, 'x'},
        {"text", required_argument, NULL, 'm'},
        {"break", no_argument, NULL, 'k'},
        {"no-text", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    struct options o = {.alg = "EdDSA", .iat = -1};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 't')
            o.type = optarg;
        else if (c == 'b')
            o.by = optarg;
        else if (c == 'a')
            o.aud = optarg;
        else if (c == 'j')
            o.jti = optarg;
        else if (c == 'g')
            o.alg = optarg;
        else if (c == 'y')
            o.typ = optarg;
        else if (c == 'x')
            o.extra = optarg;
        else if (c == 'k')
            o.spoil = true;
        else if (c == 'n')
            o.no_text = true;
        else if (c == 'm' && o.n_texts < TEXTS_MAX)
            o.texts[o.n_texts++] = optarg;
        else if (!(c == 'i' && seconds(optarg, &o.iat)) && !(c == 'e' && seconds(optarg, &o.exp)))
            return wrong_use();
    }
    if (sodium_init() < 0)
        return 2;
    return run_command(&o, argv + optind, argc - optind);
}
