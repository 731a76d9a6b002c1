// Question marks become numbers only where they stand for a value.
import { describe, expect, it } from 'vitest';
import { numberedPlaceholders } from './placeholders.js';

describe('placeholders', () => {
  it.each([
    ['SELECT ? + ?', 'SELECT $1 + $2'],
    ["SELECT '?', 'it''s ?', ?", "SELECT '?', 'it''s ?', $1"],
    ['SELECT "a?", "b""?" FROM t WHERE c = ?', 'SELECT "a?", "b""?" FROM t WHERE c = $1'],
    ["SELECT E'\\'?', ?", "SELECT E'\\'?', $1"],
    ['SELECT $$ ? $$, $tag$ ? $$ ? $tag$, ?', 'SELECT $$ ? $$, $tag$ ? $$ ? $tag$, $1'],
    ['SELECT ? -- why?\n, ?', 'SELECT $1 -- why?\n, $2'],
    ['SELECT ? /* ? \n ? */, ?', 'SELECT $1 /* ? \n ? */, $2'],
    ["SELECT name FROM t WHERE base='?' AND a$b = ?", "SELECT name FROM t WHERE base='?' AND a$b = $1"],
    ['SELECT 1', 'SELECT 1'],
  ])('rewrites %s', (sql, expected) => {
    expect(numberedPlaceholders(sql)).toBe(expected);
    expect(numberedPlaceholders(sql)).toBe(expected);
  });
});
