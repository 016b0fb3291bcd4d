// Package fromnginx makes a configuration of this gateway out of an nginx.conf. [Import] parses the
// file with what it includes, and maps servers, locations, upstreams and stream servers; what has
// no counterpart is noted in the draft with its line.
package fromnginx
