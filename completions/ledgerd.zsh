#compdef ledgerd
# SPDX-License-Identifier: AGPL-3.0-or-later
# Completion of ledgerd for zsh; a test compares it with `ledgerd --help`.

_ledgerd() {
    local -a options
    options=(
        '(- *)'{-h,--help}'[show the help]'
        '(- *)--version[show the version]'
        '--config[the configuration file]:file:_files'
        '--data[the data folder]:folder:_files -/'
        '--user[whom to become when started as root]:user:_users'
        '--sandbox[whether to give up what serving does not need]:sandbox:(auto require off)'
        '--listen[addresses to serve on]:address:'
        '--tls_listen[addresses to serve on by HTTPS]:address:'
        '--tls_certificate[file of the certificate and its chain]:file:_files'
        '--tls_key[file of its private key]:file:_files'
        '--metrics_listen[addresses to serve /metrics on]:address:'
        '--trusted_proxy[proxies whose X-Forwarded-For counts]:addresses:'
        '--database[libpq connection string]:connection:'
        '--pg_bin[folder of the programs of PostgreSQL]:folder:_files -/'
        '--request_timeout_ms[longest time for a request to arrive]:milliseconds:'
        '--publish_minutes[minutes between public checkpoints; 0\: each one]:minutes:'
        '--read_connections[connections that answer queries]:number:'
        '--statement_timeout_ms[longest time for one statement]:milliseconds:'
        '--snapshot_days[days whose snapshots have paths]:days:'
        '--verify_threads[threads that verify signatures]:number:'
        '--batch_max[most acts posted in one transaction]:number:'
        '--queue_max[most acts that wait]:number:'
        '--takeover_ms[silence after which another ledgerd may post]:milliseconds:'
        '--rounds[rounds of clearing to propose]:UNIT weekly WEEKDAY or UNIT monthly DAY:'
        '--answer_days[days that co-ops have to answer a round]:days:'
        '--refusals_per_minute[refusals that an address, and a key, may cause]:number:'
        '--member_acts_per_day[acts of a member that move nothing]:number:'
        '--strangers_per_day[acts that only new keys have signed, of an address]:number:'
        '--witnesses[who cosigns this ledger]:VKEY URL:'
        '--cosign_seconds[how long a public checkpoint stands]:seconds:'
        '--witness_for[ledgers that this one witnesses]:VKEY URL:'
        '--witness_name[what it is called as their witness]:name:'
        '--follow_seconds[how often it looks at them]:seconds:'
        '--log_format[how the log looks]:format:(auto plain json)'
        '--log_level[what is left out of the log]:level:(debug info warn error)'
    )
    (( ${words[(I)init]} )) && options+=(
        '--origin[the name of the ledger in its log]:name:'
        '--name[what people call the ledger]:name:'
        '*--steward[the public key of a steward]:file:_files'
        '--threshold[how many stewards must sign]:number:'
        '--zone[the time zone, as Asia/Seoul]:zone:_time_zone'
        '--from[an export to make it from]:folder:_files -/'
        '--keys[the folder with its own keys]:folder:_files -/'
    )
    (( ${words[(I)recover]} )) && options+=('*--from[a copy that somebody has]:file:_files' '--continue[go on without what can not be found]')
    (( ${words[(I)key]} )) && options+=('2:what:(new-log)')
    (( ${words[(I)export]} )) && options+=('*:folder:_files -/')
    _arguments "${options[@]}" '1:command:((init\:"make a new ledger"
        migrate\:"bring an older ledger up to date" export\:"write all records into a new folder"
        recover\:"take back records from copies that others have" key\:"make the log key that is to follow"))'
}
_ledgerd "$@"
