// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"
	"testing"
)

// Equal lists are one in memory, others are not.
func TestShare(t *testing.T) {
	t.Parallel()
	list := setWith(nil, benchApps).Accounts
	for _, name := range []string{"a", "b", "c"} {
		list[account(name)] = AD
	}
	other := maps.Clone(list)
	other[account("c")] = Local
	c := &Client{authorizations: map[string]*cached[Accounts]{}}
	first := c.share(maps.Clone(list))
	if again := c.share(maps.Clone(list)); identity(again) != identity(first) {
		t.Error("an equal list is another one in memory")
	}
	if different := c.share(other); identity(different) == identity(first) || different[account("c")] != Local {
		t.Error("a list with another platform type is taken for the same")
	}
	if shorter := c.share(Accounts{account("a"): AD}); len(shorter) != 1 {
		t.Errorf("a list of one account became %v", shorter)
	}
}
