// Package adminclient asks the admin API of a running gateway, and says what to do when it does not
// answer as one.
//
// It never follows a redirect and uses no proxy, so the token goes nowhere but to the address it
// was given for.
package adminclient
