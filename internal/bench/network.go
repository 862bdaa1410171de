// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"context"
	"net"
	"sync"
)

// network connects a server and its clients in memory. Whoever waits on it waits in a way that
// testing/synctest understands, so that a fake clock goes on meanwhile. It is the server's
// listener.
type network struct {
	connections chan net.Conn
	closed      chan struct{}
	close       sync.Once
}

// newNetwork makes a network with nobody on it.
func newNetwork() *network {
	return &network{connections: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects a client to the server, whatever the address is.
func (n *network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.connections <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept gives the server the next connection.
func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.connections:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and Dial fail.
func (n *network) Close() error {
	n.close.Do(func() { close(n.closed) })
	return nil
}

// Addr says that there is no address.
func (n *network) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }
