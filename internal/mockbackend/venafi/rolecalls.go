// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Results of the role calls; see the vendor page "OAuth Result Codes".
const (
	resultSuccess                  = 0
	resultFailure                  = 1
	resultApplicationNotFound      = 2
	resultInvalidParameters        = 6
	resultInsufficientPrivileges   = 9
	resultRightsAssignmentError    = 16
	resultRemoteIdentityRequired   = 18
	resultApplicationAlreadyExists = 19
)

// success returns an envelope with Result 0 and the operation's own fields.
func (b *Backend) success(own map[string]any) reply {
	envelope := map[string]any{"Result": resultSuccess, "Success": true}
	if b.switches.SuccessError == SuccessErrorNull {
		envelope["Error"] = nil
	}
	maps.Copy(envelope, own)
	return ok(envelope)
}

// failed returns an envelope with another result, under HTTP 200.
func failed(c *call, result int, message string) reply {
	wire.Note(c.r, "result", result)
	return ok(map[string]any{"Result": result, "Success": false, "Error": message})
}

// denied refuses a caller with too low a role.
func (b *Backend) denied(c *call) reply {
	const message = "The user does not have the OAuth role that this call needs"
	if b.switches.InsufficientRights == RightsResult9 {
		return failed(c, resultInsufficientPrivileges, message)
	}
	return refuse(http.StatusUnauthorized, "insufficient_rights", message)
}

// assignment reads the body that grants and revokes share. A refusal has a status.
func (b *Backend) assignment(c *call) (Role, reply) {
	c.known("GranteePrefixedUniversal", "Role", "ApplicationId")
	values, complete := c.required("GranteePrefixedUniversal")
	number, isNumber := c.number("Role", -1)
	application, isText := c.text("ApplicationId")
	if !complete || !isNumber || !isText || len(c.params["Role"]) == 0 {
		return Role{}, invalidRequest()
	}
	role := Role{Grantee: values[0], Role: RoleID(number), ApplicationID: application}
	wire.Note(c.r, "role", number, "grantee", role.Grantee, "application", application)
	if !role.Role.grantable() {
		wire.Violate(c.r, "role %d cannot be granted", number)
		if b.switches.BadRole == Status400 {
			return Role{}, invalidRequest()
		}
		return Role{}, failed(c, resultInvalidParameters, fmt.Sprintf("Role %d cannot be assigned", number))
	}
	switch {
	case role.Role.ofApplication() && application == "":
		wire.Violate(c.r, "role %d without ApplicationId", number)
		if b.switches.MissingApplicationID == Result6 {
			return Role{}, failed(c, resultInvalidParameters, "ApplicationId is required for this role")
		}
		return Role{}, invalidRequest()
	case !role.Role.ofApplication() && len(c.params["ApplicationId"]) > 0:
		wire.Violate(c.r, "role %d with ApplicationId", number)
		role.ApplicationID = ""
	}
	if !c.caller.assigns(role.Role, role.ApplicationID, b.switches) {
		return Role{}, b.denied(c)
	}
	if role.Role.ofApplication() && b.byID[role.ApplicationID] == nil {
		return Role{}, failed(c, resultApplicationNotFound, "The application was not found")
	}
	return role, reply{}
}

// grantRole answers "POST OAuth/GrantRole".
func (b *Backend) grantRole(c *call) reply {
	role, refusal := b.assignment(c)
	if refusal.status != 0 {
		return refusal
	}
	identity := b.directory.universal(role.Grantee)
	if identity != nil && b.roles.exact && identity.PrefixedUniversal() != role.Grantee {
		identity = nil
	}
	if identity == nil && b.switches.GranteeNames == NamesResolved {
		if identity = b.directory.byName[strings.ToLower(role.Grantee)]; identity != nil {
			role.Grantee = identity.PrefixedUniversal()
		}
	}
	if identity == nil {
		switch b.switches.UnknownGrantee {
		case GranteeAccepted:
		case GranteeInvalid:
			return failed(c, resultInvalidParameters, "The grantee is invalid")
		default:
			return failed(c, resultRemoteIdentityRequired, "A valid identity object was not supplied")
		}
	}
	if c.fault == FaultIgnoredWrite {
		return b.success(nil)
	}
	unseen := b.switches.staleLists()
	if c.fault == FaultLateList {
		unseen = 1
	}
	if !b.roles.add(role, unseen) && b.switches.DuplicateGrant == ResultRights {
		return failed(c, resultRightsAssignmentError, "A rights assignment request failed: the role is held already")
	}
	return b.success(nil)
}

// revokeRole answers "POST OAuth/RevokeRole".
func (b *Backend) revokeRole(c *call) reply {
	role, refusal := b.assignment(c)
	if refusal.status != 0 {
		return refusal
	}
	key := b.roles.key(role)
	if b.roles.byKey[key] == nil && b.switches.GranteeNames == NamesResolved {
		if identity := b.directory.byName[strings.ToLower(role.Grantee)]; identity != nil {
			key.grantee = b.roles.fold(identity.PrefixedUniversal())
		}
	}
	keys := []roleKey{key}
	if b.switches.RevokeApplicationID == RevokeIgnores {
		keys = nil
		for held := range b.roles.byGrantee[key.grantee] {
			if held.role == key.role {
				keys = append(keys, held)
			}
		}
	}
	if c.fault == FaultIgnoredWrite {
		return b.success(nil)
	}
	lingering := b.switches.staleLists()
	if c.fault == FaultLateList {
		lingering = 1
	}
	revoked := false
	for _, key := range keys {
		revoked = b.roles.remove(key, lingering) || revoked
	}
	if !revoked && b.switches.AbsentRevoke == ResultRights {
		return failed(c, resultRightsAssignmentError, "A rights assignment request failed: the role is not held")
	}
	return b.success(nil)
}

// roleEntry is an element of Roles. ApplicationID is a string, nil where the key is left out, or a
// null.
type roleEntry struct {
	ApplicationID any    `json:"ApplicationId,omitempty"`
	Grantee       string `json:"Grantee"`
	Role          int    `json:"Role"`
}

type jsonNull struct{}

// MarshalJSON writes null, for a key that would be left out otherwise.
func (jsonNull) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// listRoles answers "POST OAuth/ListRoles".
func (b *Backend) listRoles(c *call) reply {
	c.known()
	if c.caller.global != Admin && c.caller.global != Auditor && !c.caller.owns() {
		return b.denied(c)
	}
	shown := b.roles.list(b.switches.Order == OrderStable)
	if b.switches.ImpliedRoles == ImpliedShown {
		shown = append(shown, b.implied()...)
	}
	entries := make([]roleEntry, 0, len(shown))
	for _, h := range shown {
		if c.caller.global == User && (!h.Role.Role.ofApplication() || c.caller.applications[h.ApplicationID] != Owner) {
			continue
		}
		entries = append(entries, roleEntry{
			ApplicationID: b.listedApplication(h.Role), Grantee: b.spell(h.Grantee), Role: int(h.Role.Role),
		})
	}
	wire.Note(c.r, "roles", len(entries))
	switch {
	case b.switches.RoleRows == RowsMissing:
		return b.success(nil)
	case b.switches.RoleRows == RowsNull:
		return b.success(map[string]any{"Roles": nil})
	case len(b.oddRoles) > 0 || b.switches.RoleRows != RowsDocumented && b.switches.RoleRows != "":
		return b.success(map[string]any{"Roles": b.oddRows(entries)})
	}
	return b.success(map[string]any{"Roles": entries})
}

// implied are the roles that TPP auditors have without a grant.
func (b *Backend) implied() []*held {
	var list []*held
	for _, identity := range b.directory.list {
		role := Role{Role: Auditor, Grantee: identity.PrefixedUniversal()}
		if identity.TPPAuditor && b.roles.byKey[b.roles.key(role)] == nil {
			list = append(list, &held{Role: role})
		}
	}
	return list
}

func (b *Backend) listedApplication(role Role) any {
	switch {
	case role.ApplicationID != "":
		return role.ApplicationID
	case role.Role == Auditor && b.switches.AuditorApplicationID == AuditorOdd:
		return oddAuditorApplicationID
	case b.switches.GlobalApplicationID == GlobalNull:
		return jsonNull{}
	case b.switches.GlobalApplicationID == GlobalEmpty:
		return ""
	}
	return nil
}

// spell writes a grantee as the switch says. What is no GUID stays as it is, but for the
// directory's own spelling.
func (b *Backend) spell(grantee string) string {
	switch b.switches.GranteeSpelling {
	case SpellingDirectory:
		if identity := b.directory.universal(grantee); identity != nil {
			return identity.PrefixedUniversal()
		}
		return grantee
	case SpellingLower, SpellingUpper, SpellingUnbraced:
	default:
		return grantee
	}
	prefix, universal, _ := strings.Cut(grantee, ":")
	m := guid.FindStringSubmatch(universal)
	switch {
	case m == nil:
		return grantee
	case b.switches.GranteeSpelling == SpellingLower:
		return prefix + ":" + strings.ToLower(universal)
	case b.switches.GranteeSpelling == SpellingUpper:
		return prefix + ":" + strings.ToUpper(universal)
	}
	return prefix + ":" + m[1]
}

// getRole answers "POST OAuth/GetRole": the caller's own role.
func (b *Backend) getRole(c *call) reply {
	c.known()
	role := map[string]any{"Role": int(c.caller.global)}
	if c.caller.global == User {
		type owned struct {
			ApplicationID string `json:"ApplicationId"`
			Role          int    `json:"Role"`
		}
		permitted, list := slices.Sorted(maps.Keys(c.caller.applications)), []owned{}
		seen := map[RoleID]bool{}
		for _, application := range permitted {
			mine := c.caller.applications[application]
			seen[mine] = true
			if mine == Owner {
				list = append(list, owned{application, int(mine)})
			}
		}
		switch {
		case seen[Owner] && seen[Maintainer]:
			role["Role"] = int(Mixed)
		case seen[Owner]:
			role["Role"] = int(Owner)
		case seen[Maintainer]:
			role["Role"] = int(Maintainer)
		}
		if permitted == nil {
			permitted = []string{}
		}
		role["PermittedApplications"], role["OwnedApplications"] = permitted, list
	}
	wire.Note(c.r, "role", fmt.Sprint(role["Role"]), "applications", strconv.Itoa(len(c.caller.applications)))
	return b.success(map[string]any{"Role": role})
}
