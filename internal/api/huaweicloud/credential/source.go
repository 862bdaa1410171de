// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import "context"

// Source gives keys. It is safe for concurrent use.
type Source interface {
	// Keys gives the keys to sign with now.
	Keys(ctx context.Context) (Keys, error)
	// String tells people where the keys come from, such as "from the environment"; "" where there is nothing to tell.
	String() string
}

// Static is a source of keys that stay. from tells people where they come from.
func Static(keys Keys, from string) Source { return static{keys, from} }

type static struct {
	keys Keys
	from string
}

func (s static) Keys(context.Context) (Keys, error) { return s.keys, nil }
func (s static) String() string                     { return s.from }
