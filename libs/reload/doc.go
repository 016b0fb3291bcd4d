// Package reload lets a running process take up another configuration, or refuse it and go on as it
// was.
//
// A [Machine] waits for reasons to reload: a changed file, SIGHUP, the admin API, config-sync. Each
// makes an attempt: the configuration is read, checked and built into a plan, which together are a
// [Generation]; then the process puts it in force by its [Options].Apply, whole or not at all. What
// became of an attempt is its receipt, for the log, the admin API and the metrics.
//
// The generation that was replaced is kept: a person can return to it, and a trial does so by
// itself when the new one fails more requests than the old one did.
package reload
