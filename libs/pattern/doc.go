// Package pattern compiles the regular expressions that a configuration may have.
//
// They are of RE2 (https://github.com/google/re2/wiki/Syntax), so matching takes time in proportion
// to the text whatever the expression, and each is bounded in length and in what it compiles to. An
// expression of Compile has to match a whole text, where .* at an end lets it match a part; one of
// Part may match a part.
package pattern
