-- Addresses: the grammar of phone numbers and BSUIDs, and what a person types for one.
-- An address is stored and compared as WhatsApp gives it: phone digits without plus, or a BSUID.

CREATE OR REPLACE FUNCTION novabot_internal.is_phone(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT address ~ '^[0-9]{5,20}$'
$$;
COMMENT ON FUNCTION novabot_internal.is_phone(text) IS
'Whether an address is a phone number: the digits alone, with the country code.';

CREATE OR REPLACE FUNCTION novabot_internal.is_bsuid(address text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT address ~ '^[A-Za-z]{2}\.([Ee][Nn][Tt]\.)?[A-Za-z0-9]{1,128}$'
$$;
COMMENT ON FUNCTION novabot_internal.is_bsuid(text) IS
'Whether an address is a BSUID (business-scoped user id): two letters for the country, a period, perhaps ENT and a period, and 1 to 128 letters and digits. Letters in either case are accepted, and compared as given.';

CREATE OR REPLACE FUNCTION novabot_internal.alias_of(client_id text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT regexp_replace(client_id, '@(c\.us|s\.whatsapp\.net)$', '')
$$;
COMMENT ON FUNCTION novabot_internal.alias_of(text) IS
'The address that a client id stands for: 6281717407674@c.us → 6281717407674; a BSUID stays.';

CREATE OR REPLACE FUNCTION novabot_internal.client_id_of(address text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN novabot_internal.is_phone(address) THEN address || '@c.us' ELSE address END
$$;
COMMENT ON FUNCTION novabot_internal.client_id_of(text) IS
'The id of a client first met at this address: 6281717407674 → 6281717407674@c.us.';

CREATE OR REPLACE FUNCTION novabot_internal.strip_handle(handle text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    -- A number copied from a chat or a contact contains other spaces and dashes, and invisible
    -- marks of the writing direction.
    SELECT regexp_replace(
        regexp_replace(
            btrim(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            handle, '[\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]', '', 'g'
                        ),
                        '[\u2010-\u2015\u2212]', '-', 'g'
                    ),
                    '[[:space:]\u00A0\u2000-\u200A\u202F\u3000]+', ' ', 'g'
                )
            ),
            '^(tel:|whatsapp:|https?://wa\.me/)', '', 'i'
        ),
        '@(c\.us|s\.whatsapp\.net)$', '', 'i'
    )
$$;
COMMENT ON FUNCTION novabot_internal.strip_handle(text) IS
'A handle without what copying it added: its link, its host, unusual spaces and dashes.';

CREATE OR REPLACE FUNCTION novabot_internal.is_written_number(written text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT written ~ '^\+?[0-9 ()./-]+$'
$$;
COMMENT ON FUNCTION novabot_internal.is_written_number(text) IS
'Whether a stripped handle is written as a phone number: digits, and the signs that people put between them.';

CREATE OR REPLACE FUNCTION novabot_internal.read_handle(handle text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written CONSTANT text := novabot_internal.strip_handle(handle);
    digits text;
BEGIN
    IF novabot_internal.is_bsuid(written) THEN
        RETURN written;
    END IF;
    -- Without its 0, a number is Indonesian only as people write it, in groups: bare digits, as
    -- programs and ids have them, are international, and 852… is in Hong Kong.
    IF novabot_internal.is_written_number(written) THEN
        digits := regexp_replace(written, '[^0-9]', '', 'g');
        digits := CASE
            WHEN digits LIKE '00%' THEN substr(digits, 3)
            WHEN written LIKE '+%' THEN digits
            WHEN digits LIKE '0%' THEN '62' || substr(digits, 2)
            WHEN digits ~ '^8[0-9]{8,11}$' AND written ~ '[0-9][ -][0-9]' THEN '62' || digits
            ELSE digits
        END;
        digits := regexp_replace(digits, '^620+', '62');
        -- Typed, five digits are more likely a mistake than a phone number.
        IF novabot_internal.is_phone(digits) AND length(digits) > 5 THEN
            RETURN digits;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'ST001',
        MESSAGE = format('%L is no client id, phone number or BSUID', handle),
        HINT = 'Write 6281717407674@c.us, +62 817-1740-7674, 0817-1740-7674, or a BSUID such as ID.1a2b3c.';
END
$$;
COMMENT ON FUNCTION novabot_internal.read_handle(text) IS
'The address a person meant: a client id, a phone number in any usual spelling (national ones are Indonesian), or a BSUID. Raises ST001 for anything else.';

CREATE OR REPLACE FUNCTION novabot_internal.typed_digits(typed text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written CONSTANT text := novabot_internal.strip_handle(typed);
    digits text;
BEGIN
    IF NOT novabot_internal.is_written_number(written) THEN
        RETURN NULL;
    END IF;
    digits := ltrim(regexp_replace(written, '[^0-9]', '', 'g'), '0');
    digits := regexp_replace(digits, '^620+', '62');
    RETURN CASE WHEN length(digits) >= 3 THEN digits END;
END
$$;
COMMENT ON FUNCTION novabot_internal.typed_digits(text) IS
'The digits to look for when a number, or a part of one, is searched in any usual spelling: 0817-1740 → 8171740; NULL for text that is no number.';
