// Package routing finds the rule that a request belongs to.
//
// A [Table] is built once from rules by [New] and never changes, so any number of goroutines may
// use it. A rule names hosts, a path, methods and conditions, and their order does not matter.
// [Table.Lookup] decides in this order:
//
//  1. Host. An exact host comes first, then the longest wildcard, then the rules for any host.
//     *.example.org matches a.example.org and a.b.example.org, not example.org.
//  2. Path. Among the rules of that host, the whole path, then the longest prefix that ends on a
//     segment border (/users matches /users and /users/7, not /usersx), then the longest regular
//     expression, then the rules for any path. If none matches, the next less specific host is
//     tried, and so on down to any host; so a rule for one host adds to the rules for all hosts and
//     hides only those it overlaps.
//  3. Method. Among the rules with that host and path, the one that lists the method, then the one
//     that lists none. If there is neither, the answer is [NoMethod]: host and path alone decide
//     whose request it is, so a method that its owner does not take is never handed to another
//     owner's shorter prefix.
//  4. Conditions. Among those, the rule with more conditions about header fields, then about the
//     query, then about cookies, then about clients, then the name that comes first. A rule whose
//     conditions are not met leaves the request to the next in the order of this list. It owns no
//     path, so the third point does not hold for it.
//
// But for the third point, the order is that of HTTPRoute in the Kubernetes Gateway API.
//
// A rule may name a host with letters beyond ASCII; it stands for the A-labels that clients send in
// their place.
//
// [Explain] says of a request which rule it belongs to and why no other, for people who ask.
//
// Two rules that match the same requests are an error of New, not a matter of order.
package routing
