-- The store: the one truth. FAISS is derived from it and may be deleted at any time.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE documents (
    document_id         TEXT PRIMARY KEY,
    source              TEXT NOT NULL UNIQUE,
    title               TEXT NOT NULL,
    language            TEXT NOT NULL,
    language_confidence REAL NOT NULL,
    text                TEXT NOT NULL,
    sha256              TEXT NOT NULL,
    metadata            TEXT NOT NULL,  -- JSON object of strings
    fingerprint         TEXT NOT NULL   -- of the file's bytes and of how they were read and split
) WITHOUT ROWID;

-- Vectors by content, so that identical passages are embedded once and unchanged ones never again.
CREATE TABLE vectors (
    vector_key TEXT PRIMARY KEY,        -- SHA-256 of encoder name, context, text and where its sentences are
    vector     BLOB NOT NULL,           -- float32, little-endian, L2-normalised
    sentences  BLOB NOT NULL            -- its sentences' vectors, float16, little-endian, L2-normalised, one after the other
) WITHOUT ROWID;

CREATE TABLE passages (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: the id by which FAISS knows a passage
    passage_id  TEXT NOT NULL UNIQUE,
    document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal     INTEGER NOT NULL,
    start       INTEGER NOT NULL,
    "end"       INTEGER NOT NULL,
    text        TEXT NOT NULL,
    context     TEXT NOT NULL,
    language    TEXT NOT NULL,
    sentences   TEXT NOT NULL,          -- JSON array of [start, end], relative to text
    vector_key  TEXT NOT NULL REFERENCES vectors
);
CREATE INDEX passages_by_document ON passages (document_id, ordinal);
CREATE INDEX passages_by_vector ON passages (vector_key);
