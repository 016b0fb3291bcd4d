// Package configkeys finds keys of the configuration that are accepted and that nothing acts on.
// A user who writes such a key believes to be protected, or served, by a setting that does nothing.
//
// It reads the source tree: every field of config.Document, and of what is in it, has to be read
// somewhere outside libs/config, which only decodes, checks, compares and describes it. Keys that a
// version refuses need no reader. The check needs neither the standard library's sources nor those
// of other modules, so that it runs wherever a test does: what comes from there has no type here,
// but for the few generic containers in stubs.go.
package configkeys
