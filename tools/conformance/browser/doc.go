// Package browser puts the edge between the scripts of a page in headless Chromium and servers of
// other origins, and holds what the scripts may read against what the configuration says. It also
// looks at the pages of the admin API on a phone. It is tests only.
package browser
