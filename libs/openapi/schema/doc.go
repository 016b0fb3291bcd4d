// Package schema compiles JSON Schema, and holds values against it.
//
// It knows draft 2020-12 whole, as OpenAPI 3.1 uses it, and the dialect of OpenAPI 3.0, which has
// nullable and truth values as exclusiveMinimum. A [Compiler] makes a [Schema] of a node of a
// document, once. [Schema.Valid] then says yes or no without an allocation; [Schema.Explain] says
// what is wrong, and is only asked where something is. Both are the same code, so they never
// differ.
//
// Formats are asserted, patterns are those of ECMA-262 as far as RE2 can do them, and the work that
// one value may cost is bounded whatever the schema.
package schema
