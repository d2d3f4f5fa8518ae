-- Addresses: the grammar of phone numbers and BSUIDs, and what a person types for one.
-- An address is stored and compared in its canonical form: phone digits without plus, in one of the
-- spellings that a country has for them, or a BSUID as WhatsApp gives it. app/addresses.py says the
-- same to Python.

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

CREATE OR REPLACE FUNCTION novabot_internal.canonical_address(address text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN left(address, 2) NOT IN ('52', '54', '55') THEN address
        WHEN address ~ '^521[0-9]{10}$' THEN '52' || substr(address, 4)
        WHEN address ~ '^54[0-9]{10}$' THEN '549' || substr(address, 3)
        WHEN address ~ '^55[1-9][0-9][6-9][0-9]{7}$'
            THEN left(address, 4) || '9' || substr(address, 5)
        ELSE address
    END
$$;
COMMENT ON FUNCTION novabot_internal.canonical_address(text) IS
'The one form of an address that has several spellings: Mexico 52 1 → 52, Argentina 54 → 54 9, Brazil 55 + area + 8 digits beginning with 6 to 9 → with a 9 before them. Others, and BSUIDs, stay.';

CREATE OR REPLACE FUNCTION novabot_internal.spellings_of(address text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT array_remove(
        ARRAY[
            c.form,
            CASE
                WHEN c.form ~ '^52[0-9]{10}$' THEN '521' || substr(c.form, 3)
                WHEN c.form ~ '^549[0-9]{10}$' THEN '54' || substr(c.form, 4)
                WHEN c.form ~ '^55[1-9][0-9]9[6-9][0-9]{7}$'
                    THEN left(c.form, 4) || substr(c.form, 6)
            END
        ],
        NULL
    )
    FROM (SELECT novabot_internal.canonical_address(address) AS form) AS c
$$;
COMMENT ON FUNCTION novabot_internal.spellings_of(text) IS
'Every spelling of an address, the canonical one first.';

CREATE OR REPLACE FUNCTION novabot_internal.canonical_addresses(addresses text[]) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    -- PL/pgSQL keeps the plan; in every turn most often one address is asked for.
    IF cardinality(addresses) = 1 THEN
        RETURN ARRAY[novabot_internal.canonical_address(addresses[1])];
    END IF;
    RETURN ARRAY(
        SELECT novabot_internal.canonical_address(a.address)
        FROM unnest(addresses) WITH ORDINALITY AS a (address, place)
        ORDER BY novabot_internal.is_phone(a.address), a.place
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.canonical_addresses(text[]) IS
'The canonical forms of a sender''s addresses: BSUIDs, which decide who writes, before phone numbers.';

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

CREATE OR REPLACE FUNCTION novabot_internal.ids_of(address text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT ARRAY(
        SELECT novabot_internal.client_id_of(s.spelling)
        FROM unnest(novabot_internal.spellings_of(address)) AS s (spelling)
    )
$$;
COMMENT ON FUNCTION novabot_internal.ids_of(text) IS
'The ids that a client at this address may have, one a spelling.';

CREATE OR REPLACE FUNCTION novabot_internal.clean_handle(handle text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    cleaned text := handle;
BEGIN
    -- Arabic-Indic, Extended Arabic-Indic and full-width digits.
    FOR digit IN 0..9 LOOP
        cleaned := regexp_replace(
            cleaned, format('[\u066%s\u06F%s\uFF1%s]', digit, digit, digit), digit::text, 'g'
        );
    END LOOP;
    -- Invisible: soft hyphen, marks of the writing direction, joiners, variation selectors.
    cleaned := regexp_replace(
        cleaned,
        '[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFE00-\uFE0F\uFEFF]',
        '', 'g'
    );
    cleaned := regexp_replace(cleaned, '[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]', '-', 'g');
    cleaned := regexp_replace(
        cleaned, '[[:space:]\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]+', ' ', 'g'
    );
    -- Full-width signs.
    cleaned := regexp_replace(cleaned, '\uFF0B', '+', 'g');
    cleaned := regexp_replace(cleaned, '\uFF08', '(', 'g');
    cleaned := regexp_replace(cleaned, '\uFF09', ')', 'g');
    cleaned := regexp_replace(cleaned, '\uFF0E', '.', 'g');
    cleaned := regexp_replace(cleaned, '\uFF0F', '/', 'g');
    cleaned := regexp_replace(cleaned, '\uFF1A', ':', 'g');
    cleaned := regexp_replace(cleaned, '\uFF20', '@', 'g');
    RETURN btrim(cleaned);
END
$$;
COMMENT ON FUNCTION novabot_internal.clean_handle(text) IS
'A handle with ASCII digits, signs, spaces and dashes in place of other scripts'' and typesetters'', and without invisible characters.';

CREATE OR REPLACE FUNCTION novabot_internal.link_target(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    targets text[];
BEGIN
    IF written ~* '^(https?://)?(www\.)?wa\.me/' THEN
        -- wa.me/message/…, wa.me/p/… and the like lead to a shop, not to a client.
        targets := ARRAY[
            substring(written FROM '(?i)wa\.me/+([^/?#]+)/?(?:[?#].*)?$')
        ];
    ELSIF
        written ~* '^(https?://)?((api|web|www)\.)?whatsapp\.com/+send/?\?'
        OR written ~* '^whatsapp:(//)?send/?\?'
    THEN
        targets := ARRAY(
            SELECT DISTINCT matches.parts[1]
            FROM regexp_matches(written, '(?:[?&]|&amp;)phone=([^&#]*)', 'gi')
                AS matches (parts)
        );
    ELSIF written ~* '^(tel|sms|whatsapp):' THEN
        targets := ARRAY[substring(written FROM '(?i)^[a-z]+:/*([^;?]*)')];
    ELSE
        RETURN written;
    END IF;
    IF cardinality(targets) <> 1 OR targets[1] IS NULL THEN
        RETURN '';
    END IF;
    -- What links write for a plus, a space and brackets; a plus after a digit is a space.
    RETURN btrim(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(targets[1], '%2B', '+', 'gi'),
                    '%20', ' ', 'g'
                ),
                '%2[89]', ' ', 'g'
            ),
            '([0-9])\+', '\1 ', 'g'
        )
    );
END
$$;
COMMENT ON FUNCTION novabot_internal.link_target(text) IS
'The address that a clean handle leads to, if it is a link (wa.me, api.whatsapp.com, whatsapp:, tel:, sms:): empty for a link to no client or to several; what is no link comes back as it is.';

CREATE OR REPLACE FUNCTION novabot_internal.strip_handle(handle text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    -- 6281717407674:12@s.whatsapp.net and 6281717407674.0:12@… name one device of a client.
    SELECT regexp_replace(
        novabot_internal.link_target(novabot_internal.clean_handle(handle)),
        '(([._][0-9]{1,3})?:[0-9]{1,4})?@(c\.us|s\.whatsapp\.net)$', '', 'i'
    )
$$;
COMMENT ON FUNCTION novabot_internal.strip_handle(text) IS
'A handle without what copying it added: its link, its host, its device, unusual spaces, dashes and digits.';

CREATE OR REPLACE FUNCTION novabot_internal.strip_name(handle text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    -- A name has no digit and no sign that belongs to another kind of text. Before a number or a
    -- link it ends with a space, a comma, a colon or a bracket; behind one it stands in brackets.
    SELECT btrim(
        regexp_replace(
            regexp_replace(
                btrim(novabot_internal.clean_handle(handle), ' "'',;'),
                '^[^0-9+@%*;/\\=?#&|_]*[ ,:<(\[](?=[+0-9]|https?://|wa\.me/|(?:api|web|www)\.whatsapp\.com/|whatsapp:)',
                '', 'i'
            ),
            ' *[<(\[][^0-9+@%*;/\\=?#&|_<>()]+[>)\]]$', ''
        ),
        ' "'',;<>()[]'
    )
$$;
COMMENT ON FUNCTION novabot_internal.strip_name(text) IS
'A clean handle without the name that a contact or a mail program wrote before a number, or in brackets behind it: "Budi" <+62 817-1740-7674> → +62 817-1740-7674.';

CREATE OR REPLACE FUNCTION novabot_internal.is_written_number(written text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT written ~ '^\+?[0-9 ()./-]+$'
$$;
COMMENT ON FUNCTION novabot_internal.is_written_number(text) IS
'Whether a stripped handle is written as a phone number: digits, and the signs that people put between them.';

CREATE OR REPLACE FUNCTION novabot_internal.is_two_numbers(written text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT
        written ~ '[0-9]{7}.*[^0-9].*[0-9]{7}'
        OR written ~ '^(?!62)[1-9][0-9]?[^0-9]+0[0-9]{2}'
        OR 1 < (
            SELECT count(*)
            FROM regexp_split_to_table(written, '/') AS part
            WHERE length(regexp_replace(part, '[^0-9]', '', 'g')) >= 6
        )
$$;
COMMENT ON FUNCTION novabot_internal.is_two_numbers(text) IS
'Whether a written number looks like two: seven digits in a row twice, six on both sides of a slash, or a small number (of a list, of a namesake) before a national one: 2. 0817-1740-7674.';

CREATE OR REPLACE FUNCTION novabot_internal.read_handle(handle text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text := novabot_internal.strip_handle(handle);
    digits text;
    fewest integer := 6;
    most integer := 15;
BEGIN
    IF novabot_internal.is_bsuid(written) THEN
        RETURN written;
    END IF;
    IF NOT novabot_internal.is_written_number(written) THEN
        -- Digits behind a word may be an order or a year, and a BSUID with a space in it.
        written := novabot_internal.strip_handle(novabot_internal.strip_name(handle));
        fewest := 8;
    ELSIF written ~ '^[1-9][0-9]*$' THEN
        -- As programs and ids have them.
        most := 20;
    END IF;
    -- Without its 0, a number is Indonesian only as people write it, in groups: bare digits are
    -- international, and 852… is in Hong Kong.
    IF
        novabot_internal.is_written_number(written)
        AND NOT novabot_internal.is_two_numbers(written)
    THEN
        digits := regexp_replace(written, '[^0-9]', '', 'g');
        digits := CASE
            WHEN digits LIKE '00%' THEN substr(digits, 3)
            WHEN written LIKE '+%' THEN digits
            WHEN digits LIKE '0%' THEN '62' || substr(digits, 2)
            WHEN digits ~ '^8[0-9]{8,11}$' AND written ~ '[0-9][ -][0-9]' THEN '62' || digits
            ELSE digits
        END;
        digits := regexp_replace(digits, '^620+', '62');
        -- Typed, five digits are more likely a mistake than a phone number; no country code begins
        -- with 0, and no phone number has more than 15 digits (E.164): those are two numbers.
        IF digits ~ '^[1-9]' AND length(digits) BETWEEN fewest AND most THEN
            RETURN digits;
        END IF;
    END IF;
    RAISE EXCEPTION USING
        ERRCODE = 'ST001',
        MESSAGE = format('%L is no client id, phone number or BSUID', handle),
        HINT = 'Write one at a time: 6281717407674@c.us, +62 817-1740-7674, 0817-1740-7674, or a BSUID such as ID.1a2b3c.';
END
$$;
COMMENT ON FUNCTION novabot_internal.read_handle(text) IS
'The address a person meant: a client id, a phone number in any usual spelling (national ones are Indonesian), also in a link or beside a name, or a BSUID. Raises ST001 for anything else, two numbers included.';

CREATE OR REPLACE FUNCTION novabot_internal.typed_digits(typed text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    written text := novabot_internal.strip_handle(typed);
    fewest integer := 3;
    digits text;
BEGIN
    IF NOT novabot_internal.is_written_number(written) THEN
        written := novabot_internal.strip_handle(novabot_internal.strip_name(typed));
        fewest := 8;
    END IF;
    IF NOT novabot_internal.is_written_number(written) THEN
        RETURN NULL;
    END IF;
    digits := ltrim(regexp_replace(written, '[^0-9]', '', 'g'), '0');
    digits := regexp_replace(digits, '^620+', '62');
    RETURN CASE WHEN length(digits) >= fewest THEN digits END;
END
$$;
COMMENT ON FUNCTION novabot_internal.typed_digits(text) IS
'The digits to look for when a number, or a part of one, is searched in any usual spelling: 0817-1740 → 8171740; NULL for text that is no number.';
