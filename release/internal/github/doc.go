// Package github publishes files as a release of a repository on GitHub, by its REST API
// (https://docs.github.com/en/rest/releases). What is there already is not sent again: an attempt
// that broke off is begun anew and goes on.
package github
