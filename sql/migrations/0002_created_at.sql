-- A client made in the transaction that reset everybody is younger than that reset: the
-- watermark compares the two times, and now() is the transaction's start.
ALTER TABLE "User" ALTER COLUMN "createdAt" SET DEFAULT clock_timestamp();
