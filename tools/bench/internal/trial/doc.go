// Package trial is the experiment: it has the servers running side by side, loads one at a time in
// turn for several rounds, and says what each took. Turns, not one long run each, because a
// machine's speed drifts over minutes (other guests, frequency, page cache) and a drift then
// touches all proxies alike.
package trial
