// Package value holds one value of JSON in the form in which schemas look at it.
//
// A Tree is a flat list of nodes over the text that they came from, so that a body of a kilobyte
// costs no allocation and about two microseconds. [Tree.Parse] is strict where encoding/json is
// not: an object may not have a key twice, nothing may come behind the value, texts have to be
// UTF-8, and values are nested to a bound. Numbers keep all their digits: see [Decimal].
//
// What is not JSON, as a parameter of a URL, becomes a Tree with a [Builder].
package value
