-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Which records touched a book, 32 to a row. One to a row cost a tenth of the database's time for an act in bulk, and
-- how far each book is was kept a second time in a table of its own: the last row says it.

CREATE TABLE book_pages (
    book    text NOT NULL COLLATE "C",
    page    bigint NOT NULL,
    entries bigint[] NOT NULL CHECK (cardinality(entries) BETWEEN 1 AND 32),
    PRIMARY KEY (book, page)
) WITH (fillfactor = 70);
COMMENT ON TABLE book_pages IS 'Which records touched a book, 32 to a row; derived from records';
COMMENT ON COLUMN book_pages.book IS 'The co-op';
COMMENT ON COLUMN book_pages.page IS 'Counts the book''s rows from 0 without a gap; all but the last are full';
COMMENT ON COLUMN book_pages.entries IS 'Indexes of the records in their order; the first one''s number in the book is 32 * page + 1';
INSERT INTO book_pages (book, page, entries)
    SELECT book, (seq - 1) / 32, array_agg(idx ORDER BY seq) FROM book_entries GROUP BY 1, 2 ORDER BY 1, 2;
DROP TABLE book_entries;
DROP TABLE books;

-- From book to book.
CREATE INDEX book_pages_first ON book_pages (book) WHERE page = 0;

CREATE VIEW books AS
    SELECT f.book, p.page * 32 + cardinality(p.entries) AS seq, p.entries[cardinality(p.entries)] AS record
    FROM book_pages f
    CROSS JOIN LATERAL (SELECT page, entries FROM book_pages WHERE book = f.book ORDER BY page DESC LIMIT 1) p
    WHERE f.page = 0;
COMMENT ON VIEW books IS 'Each co-op''s book counts the records that touch it';
COMMENT ON COLUMN books.book IS 'The co-op';
COMMENT ON COLUMN books.seq IS 'Records so far';
COMMENT ON COLUMN books.record IS 'Index of the latest';
