// Package systemd is what a service has to do with the system that starts it: it takes the sockets
// that systemd has bound for it (sd_listen_fds(3)), and tells systemd how it is (sd_notify(3)). A
// process that something else has started finds neither, and every call does nothing then.
package systemd
