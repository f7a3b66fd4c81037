create table run (
    id integer primary key,
    path text not null unique,
    read_offset integer not null,
    read_check integer not null,
    progress text not null
);

create table metric_key (
    id integer primary key,
    name text not null unique
);

-- One measured value. value is null where the number was none (NaN).
create table metric (
    run integer not null,
    key integer not null,
    step integer not null,
    value real,
    time integer not null,
    primary key (run, key, step)
) without rowid;

-- Lowest and highest value of each 32 steps: long series are drawn from these.
create table metric_span (
    run integer not null,
    key integer not null,
    span integer not null,
    points integer not null,
    low_step integer not null,
    low real not null,
    high_step integer not null,
    high real not null,
    last_step integer not null,
    last_time integer not null,
    primary key (run, key, span)
) without rowid;

-- Events that are shown one by one: evaluations, samples, notices, checkpoints, ends.
create table moment (
    run integer not null,
    place integer not null,
    kind text not null,
    step integer,
    body text not null,
    primary key (run, place)
) without rowid;

create index moment_by_kind on moment (run, kind, place);
