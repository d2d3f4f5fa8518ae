-- Who asked not to be written to: digests that outlive a reset, for only so can it be kept to.

CREATE TABLE public."OptOut" (
    digest bytea PRIMARY KEY,
    level text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT level_is_known CHECK (level IN ('none', 'promotions', 'everything'))
);
COMMENT ON TABLE public."OptOut" IS
'An address, as a keyed digest, whose owner asked not to be written to, or to be written to again. It stays after a reset, and is not pruned.';
COMMENT ON COLUMN public."OptOut".digest IS 'As "Forgotten" has it: 32 bytes.';
COMMENT ON COLUMN public."OptOut".level IS
'promotions (no offers), everything (nothing at all), or none: ended, kept so that an older event that comes late does not count.';
COMMENT ON COLUMN public."OptOut".since IS 'When this was said.';
