// Package changes says in words what differs between two documents, for a person who reads a
// receipt of a reload or asks what a reload would do. It follows the model by reflection, so that a
// new key needs no line here.
package changes
