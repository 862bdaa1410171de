// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	api "github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi/grantset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// names calls grantees by their labels.
type names map[string]string

func newNames(sets ...grantset.Set) names {
	n := names{}
	for _, set := range sets {
		for label, grantee := range set.Grantees {
			n[api.CanonicalGrantee(grantee)] = label
		}
	}
	return n
}

func (n names) of(grantee string) string {
	if label, ok := n[api.CanonicalGrantee(grantee)]; ok && !api.SameGrantee(label, grantee) {
		return fmt.Sprintf("%s (%s)", shared.Printable(label), shared.Printable(grantee))
	}
	return shared.Printable(grantee)
}

func (n names) loss(grants []api.Grant) access.Loss {
	return access.Loss{Count: len(grants), Names: n.lines(grants)}
}

// lines names the first grantees, and how many more there are.
func (n names) lines(grants []api.Grant) string {
	return firstLines(grants, func(g api.Grant) string { return n.of(g.Grantee) })
}

// grants is lines with the roles.
func (n names) grants(grants []api.Grant) string {
	return firstLines(grants, func(g api.Grant) string {
		return fmt.Sprintf("%s for %s", grantset.Set{Role: g.Role, ApplicationID: g.ApplicationID}, n.of(g.Grantee))
	})
}

func firstLines[T any](all []T, text func(T) string) string {
	var b strings.Builder
	for i, one := range all {
		if i == maxNames {
			fmt.Fprintf(&b, "  … and %d more\n", len(all)-i)
			break
		}
		fmt.Fprintf(&b, "  - %s\n", text(one))
	}
	return strings.TrimRight(b.String(), "\n")
}

// importID is what imports a set.
func importID(set grantset.Set) string {
	if set.Role == api.Use {
		return set.ApplicationID
	}
	if set.Role.OfApplication() {
		return set.Role.String() + "/" + set.ApplicationID
	}
	return set.Role.String()
}

// singleID is what imports a single grant.
func singleID(set grantset.Set) string {
	id := importID(set)
	for _, grantee := range set.Grantees {
		id += "/" + grantee
	}
	return id
}
