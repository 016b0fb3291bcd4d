// Package cause is what a failure came from, as it is found where it happens: of what kind it is,
// in words, which key of the configuration decides, and how far it was. The access log, gateway why
// and /status tell operators of it. Clients never see it: it may have addresses, names and the
// system's errors.
package cause
