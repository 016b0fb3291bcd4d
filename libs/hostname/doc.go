// Package hostname holds the rules of host names, so that what judges a configuration and what
// looks up a request agree on them: which names there are, in which form two spellings of one are
// equal, and what is left of the Host field of a request once its port is cut off.
package hostname
