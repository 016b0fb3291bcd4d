// Package differ says how the answers of two endpoints to one request differ
// (routes[].mirror[].compare).
//
//	rules.go    what is compared, and what is kept of an answer for that
//	compare.go  the two answers side by side
//	json.go     two values of JSON; number.go: two numbers
//	decode.go   bodies that came in a content coding
//	shown.go    values as people see them: short, and without secrets
package differ
