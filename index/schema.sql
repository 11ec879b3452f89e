-- The store: the one truth. FAISS is derived from it and may be deleted at any time.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What was read, and in which state: a file is here once all its documents are.
CREATE TABLE files (
    file_id     INTEGER PRIMARY KEY,
    path        TEXT NOT NULL UNIQUE,
    size        INTEGER NOT NULL,       -- bytes; -1 where not known: to be looked at again
    mtime_ns    INTEGER NOT NULL,       -- when it was last changed, nanoseconds since 1970
    read_ns     INTEGER NOT NULL,       -- when its bytes were last looked at, likewise
    fingerprint TEXT NOT NULL,          -- of its bytes and of how they were read and split
    unread      TEXT NOT NULL           -- JSON array of [part, reason, failed]: what in it could not be read
);

CREATE TABLE labels (
    label   TEXT NOT NULL,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    PRIMARY KEY (label, file_id)
) WITHOUT ROWID;
CREATE INDEX labels_by_file ON labels (file_id);

CREATE TABLE documents (
    document_id         TEXT PRIMARY KEY,
    source              TEXT NOT NULL UNIQUE,
    title               TEXT NOT NULL,
    language            TEXT NOT NULL,
    language_confidence REAL NOT NULL,
    text                TEXT NOT NULL,
    sha256              TEXT NOT NULL,
    metadata            TEXT NOT NULL,  -- JSON object of strings
    fingerprint         TEXT NOT NULL,  -- of all that its passages were made of
    file_id             INTEGER REFERENCES files ON DELETE CASCADE,
    pages               TEXT NOT NULL DEFAULT '[]',  -- JSON array of [number, start, end]
    dropped             TEXT NOT NULL DEFAULT '[]',  -- JSON array of [start, end, reason]
    date                TEXT            -- ISO 8601, to the year, the month or the day
) WITHOUT ROWID;
CREATE INDEX documents_by_file ON documents (file_id);
CREATE INDEX documents_by_date ON documents (date);

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
    vector_key  TEXT NOT NULL REFERENCES vectors,
    first_page  INTEGER,
    last_page   INTEGER
);
CREATE INDEX passages_by_document ON passages (document_id, ordinal);
CREATE INDEX passages_by_vector ON passages (vector_key);

-- The documents of the one file that is being read, until it is complete and takes the place of its former state.
CREATE TABLE staged_documents (
    document_id         TEXT PRIMARY KEY,
    kept                INTEGER NOT NULL,  -- the document that is there already is the same: the other columns are empty
    source              TEXT,
    title               TEXT,
    language            TEXT,
    language_confidence REAL,
    text                TEXT,
    sha256              TEXT,
    metadata            TEXT,
    fingerprint         TEXT,
    pages               TEXT,
    dropped             TEXT,
    date                TEXT
) WITHOUT ROWID;
CREATE TABLE staged_passages (
    number      INTEGER PRIMARY KEY,
    passage_id  TEXT NOT NULL,
    document_id TEXT NOT NULL,
    ordinal     INTEGER NOT NULL,
    start       INTEGER NOT NULL,
    "end"       INTEGER NOT NULL,
    text        TEXT NOT NULL,
    context     TEXT NOT NULL,
    language    TEXT NOT NULL,
    sentences   TEXT NOT NULL,
    vector_key  TEXT NOT NULL REFERENCES vectors,
    first_page  INTEGER,
    last_page   INTEGER
);
