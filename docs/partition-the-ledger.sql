-- The ledger in partitions by month, on PostgreSQL 14 or newer. docs/ledger-at-scale.md says when, why and at what price.
--
--   1. psql -f partition-the-ledger.sql            defines what follows; changes no table
--   2. the two indexes and the check of "Beforehand" below, one by one, while the portal works
--   3. SELECT credit_partition_ledger('2026-12-01');         the switch: some milliseconds under a lock
--   4. SELECT credit_open_month('2026-12-01'); …             each month ahead of time, by cron; running it twice is fine
--   5. SELECT credit_retire_month('2026-12-01');             once `manage.py archive_ledger` has emptied the month
--
-- Months are of UTC. Give steps 3 and 5 a `SET lock_timeout = '2s'` and try again if it is hit: while they wait for a
-- long query, charges wait behind them.
--
-- Beforehand (CONCURRENTLY: nobody waits, which is why these three stand outside of a function):
--
--   CREATE UNIQUE INDEX CONCURRENTLY ledger_by_id_and_instant ON credit_transaction (id, posted_at);
--   CREATE UNIQUE INDEX CONCURRENTLY ledger_by_line_and_instant ON credit_transaction (wallet_id, sequence, posted_at);
--   ALTER TABLE credit_transaction ADD CONSTRAINT ledger_ends CHECK (posted_at < '2026-12-01T00:00:00Z') NOT VALID;
--   ALTER TABLE credit_transaction VALIDATE CONSTRAINT ledger_ends;
--
-- The check's instant is the one given to step 3, and step 3 must have been done by then: until it is, no line can be
-- posted after that instant.


-- The switch. All that was posted so far becomes one partition, `credit_transaction_older`, as it lies on the disk.
CREATE OR REPLACE FUNCTION credit_partition_ledger(first_month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    part record;
    newest bigint;
BEGIN
    SET CONSTRAINTS ALL IMMEDIATE;  -- a table with checks still to be made cannot be changed
    LOCK TABLE credit_transaction IN ACCESS EXCLUSIVE MODE;
    SELECT last_value INTO newest FROM pg_sequences WHERE sequencename = 'credit_transaction_id_seq';

    -- A foreign key needs a unique index on what it names, and a partitioned table has none on `id` alone. So nobody
    -- else can point at a line by a foreign key any more; the function of "What no key holds" keeps lines instead.
    FOR part IN SELECT conrelid::regclass AS of, conname FROM pg_constraint
        WHERE confrelid = 'credit_transaction'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', part.of, part.conname);
    END LOOP;
    FOR part IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = 'credit_transaction'::regclass AND NOT tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON credit_transaction', part.tgname);
    END LOOP;

    ALTER TABLE credit_transaction DROP CONSTRAINT credit_transaction_pkey;
    ALTER TABLE credit_transaction ALTER COLUMN id DROP IDENTITY IF EXISTS;
    ALTER TABLE credit_transaction RENAME TO credit_transaction_older;
    ALTER TABLE credit_transaction_older ADD PRIMARY KEY USING INDEX ledger_by_id_and_instant;
    ALTER TABLE credit_transaction_older DROP CONSTRAINT one_line_per_wallet_and_sequence;
    ALTER TABLE credit_transaction_older
        ADD CONSTRAINT older_line_per_wallet_and_sequence UNIQUE USING INDEX ledger_by_line_and_instant;
    DROP INDEX one_reversal_per_line;

    CREATE TABLE credit_transaction (LIKE credit_transaction_older INCLUDING DEFAULTS INCLUDING CONSTRAINTS)
        PARTITION BY RANGE (posted_at);
    ALTER TABLE credit_transaction DROP CONSTRAINT IF EXISTS ledger_ends;
    CREATE SEQUENCE credit_transaction_id_seq OWNED BY credit_transaction.id;
    PERFORM setval('credit_transaction_id_seq', greatest(newest, 1), newest IS NOT NULL);
    ALTER TABLE credit_transaction ALTER COLUMN id SET DEFAULT nextval('credit_transaction_id_seq');
    ALTER TABLE credit_transaction ADD PRIMARY KEY (id, posted_at);
    ALTER TABLE credit_transaction
        ADD CONSTRAINT one_line_per_wallet_and_sequence UNIQUE (wallet_id, sequence, posted_at);

    FOR part IN SELECT conname, pg_get_constraintdef(oid) AS said FROM pg_constraint
        WHERE conrelid = 'credit_transaction_older'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE credit_transaction ADD CONSTRAINT %I %s', part.conname, part.said);
    END LOOP;
    FOR part IN SELECT relname AS name, pg_get_indexdef(indexrelid) AS said FROM pg_index
        JOIN pg_class ON pg_class.oid = indexrelid
        WHERE indrelid = 'credit_transaction_older'::regclass AND NOT indisunique LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', part.name, 'older_' || part.name);
        EXECUTE replace(part.said, 'credit_transaction_older', 'credit_transaction');
    END LOOP;

    EXECUTE format(
        'ALTER TABLE credit_transaction ATTACH PARTITION credit_transaction_older FOR VALUES FROM (MINVALUE) TO (%L)',
        first_month);
    ALTER TABLE credit_transaction_older DROP CONSTRAINT IF EXISTS ledger_ends;
    -- Where no month was opened in time: a charge must not fail for that.
    CREATE TABLE credit_transaction_unopened PARTITION OF credit_transaction DEFAULT;
    PERFORM credit_guard_ledger();
    FOR part IN SELECT first_month + n * interval '1 month' AS month FROM generate_series(0, 2) AS n LOOP
        PERFORM credit_open_month(part.month);
    END LOOP;
END $$;


-- What no key holds: append-only as before, one reversal per line, and no line is lost to which something points.
CREATE OR REPLACE FUNCTION credit_guard_ledger() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TRIGGER credit_transaction_refuses_update BEFORE UPDATE ON credit_transaction
        FOR EACH ROW EXECUTE FUNCTION credit_refuse_changes();
    CREATE TRIGGER credit_transaction_refuses_delete BEFORE DELETE ON credit_transaction
        FOR EACH ROW EXECUTE FUNCTION credit_refuse_losing_lines();
    CREATE TRIGGER credit_transaction_still_needed BEFORE DELETE ON credit_transaction
        FOR EACH ROW EXECUTE FUNCTION credit_refuse_losing_needed_lines();
    CREATE TRIGGER credit_transaction_refuses_truncate BEFORE TRUNCATE ON credit_transaction
        FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_changes();
    -- A statement's trigger is not handed down to partitions as a row's trigger is.
    CREATE TRIGGER older_refuses_truncate BEFORE TRUNCATE ON credit_transaction_older
        FOR EACH STATEMENT EXECUTE FUNCTION credit_refuse_changes();

    -- Which lines are named by another one, in a table of its own: asking for them in every month would cost a line
    -- that leaves some milliseconds, and no unique index reaches over months.
    CREATE TABLE credit_namedline (line_id bigint NOT NULL, reversed boolean NOT NULL);
    INSERT INTO credit_namedline SELECT original_id, kind = 'reversal' FROM credit_transaction
        WHERE original_id IS NOT NULL;
    INSERT INTO credit_namedline SELECT counterpart_id, false FROM credit_transaction WHERE counterpart_id IS NOT NULL;
    CREATE INDEX named_line ON credit_namedline (line_id);
    CREATE UNIQUE INDEX one_reversal_per_line ON credit_namedline (line_id) WHERE reversed;
    CREATE TRIGGER credit_transaction_names_a_line AFTER INSERT ON credit_transaction FOR EACH ROW
        WHEN (NEW.original_id IS NOT NULL OR NEW.counterpart_id IS NOT NULL)
        EXECUTE FUNCTION credit_keep_named_line();
END $$;

CREATE OR REPLACE FUNCTION credit_keep_named_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO credit_namedline SELECT line_id, NEW.kind = 'reversal' AND line_id = NEW.original_id
        FROM unnest(ARRAY[NEW.original_id, NEW.counterpart_id]) AS line_id WHERE line_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION credit_refuse_losing_needed_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM credit_payment WHERE transaction_id = OLD.id)
        OR EXISTS (SELECT 1 FROM credit_allocation WHERE line_id = OLD.id)
        OR EXISTS (SELECT 1 FROM credit_namedline WHERE line_id = OLD.id) THEN
        RAISE EXCEPTION 'something points to line % of the ledger', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;


-- The partition of a month. Attached, not created in place: so charges go on meanwhile.
CREATE OR REPLACE FUNCTION credit_open_month(month timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    starts timestamptz := date_trunc('month', month, 'UTC');
    ends timestamptz := date_trunc('month', starts + interval '32 days', 'UTC');
    name text := 'credit_transaction_' || to_char(starts AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN name;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE credit_transaction INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
    EXECUTE format('ALTER TABLE credit_transaction ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, starts, ends);
    EXECUTE format(
        'CREATE TRIGGER month_refuses_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION '
        'credit_refuse_changes()', name);
    RETURN name;
END $$;


-- The oldest month goes: what the archive left in it (payments, corrected charges) moves to `older`, the rest of its
-- space is given back at once. Gives the number of lines moved.
CREATE OR REPLACE FUNCTION credit_retire_month(month timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    starts timestamptz := date_trunc('month', month, 'UTC');
    ends timestamptz := date_trunc('month', starts + interval '32 days', 'UTC');
    name text := 'credit_transaction_' || to_char(starts AT TIME ZONE 'UTC', 'YYYY_MM');
    older_ends text := pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'credit_transaction_older';
    moved bigint;
BEGIN
    IF position(quote_literal(starts) IN older_ends) = 0 THEN
        RAISE EXCEPTION '% is not the oldest month: retire the ones before it first (%)', name, older_ends;
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    LOCK TABLE credit_transaction IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE credit_transaction DETACH PARTITION credit_transaction_older;
    EXECUTE format('ALTER TABLE credit_transaction DETACH PARTITION %I', name);
    EXECUTE format('INSERT INTO credit_transaction_older SELECT * FROM %I', name);
    GET DIAGNOSTICS moved = ROW_COUNT;
    EXECUTE format(
        'ALTER TABLE credit_transaction ATTACH PARTITION credit_transaction_older FOR VALUES FROM (MINVALUE) TO (%L)', ends);
    EXECUTE format('DROP TABLE %I', name);
    RETURN moved;
END $$;
