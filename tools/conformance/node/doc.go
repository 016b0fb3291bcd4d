// Package node puts the edge and the relay, as processes of their own, between the clients and the
// servers of the npm packages ws and undici, and compares what both ends learn with what they learn
// without a gateway. It is tests only.
package node
