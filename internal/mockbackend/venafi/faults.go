// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Faults of this service, besides those of packages wire and hostile.
const (
	// FaultRerun is a deadlock of the database: nothing is done.
	FaultRerun wire.FaultKind = "rerun_transaction"
	// HTML pages of IIS itself.
	FaultHTML401 wire.FaultKind = "html_401"
	FaultHTML403 wire.FaultKind = "html_403"
	FaultHTML500 wire.FaultKind = "html_500"
	FaultHTML503 wire.FaultKind = "html_503"
	// FaultReason has its message in the reason phrase and no body. The fault's Status is the
	// status, 400 by default, its Body the message.
	FaultReason wire.FaultKind = "reason_phrase"
	// FaultTokenExpired kills the caller's access token and refuses the call with invalid_token.
	// Where there is none, as in a login, it does nothing.
	FaultTokenExpired      wire.FaultKind = "token_expired"
	FaultSessionError      wire.FaultKind = "session_error"
	FaultInsufficientRight wire.FaultKind = "insufficient_rights"
	FaultInsufficientScope wire.FaultKind = "insufficient_scope"
	// FaultResult answers 200 with the fault's Status as Result, 1 by default.
	FaultResult wire.FaultKind = "result"
	// FaultLateList carries a grant or revoke out, but the next list doesn't show it.
	FaultLateList wire.FaultKind = "late_list"
	// FaultIgnoredWrite answers a grant or revoke with success and does nothing.
	FaultIgnoredWrite wire.FaultKind = "ignored_write"
)

// FaultKinds describes the service's own faults.
var FaultKinds = slices.Concat([]wire.FaultDoc{
	{Kind: FaultRerun, Doc: "500 that asks to rerun the transaction; nothing is done"},
	{Kind: FaultHTML401, Doc: "401 with an HTML page of IIS; nothing is done"},
	{Kind: FaultHTML403, Doc: "403 with an HTML page of IIS; nothing is done"},
	{Kind: FaultHTML500, Doc: "500 with an HTML page of IIS; nothing is done"},
	{Kind: FaultHTML503, Doc: "503 with an HTML page of IIS; nothing is done"},
	{Kind: FaultReason, Doc: "400 (or status) with the message (or body) in the reason phrase; nothing is done"},
	{Kind: FaultTokenExpired, Doc: "kills the access token: 401 invalid_token; nothing in a login"},
	{Kind: FaultSessionError, Doc: "401 session_error; nothing is done"},
	{Kind: FaultInsufficientRight, Doc: "401 insufficient_rights; nothing is done"},
	{Kind: FaultInsufficientScope, Doc: "403 insufficient_scope; nothing is done"},
	{Kind: FaultResult, Doc: "200 with Result 1 (or status); nothing is done"},
	{Kind: FaultLateList, Doc: "grant, revoke, rules: done, but the next list doesn't show it"},
	{Kind: FaultIgnoredWrite, Doc: "every write: success, but nothing is done"},
}, hostile.FaultKinds)

// playFault answers a request that a fault strikes. It returns false when the operation has to go
// on.
func (b *Backend) playFault(c *call, fault wire.Fault) (reply, bool) {
	switch fault.Kind {
	case FaultRerun:
		return reply{status: http.StatusInternalServerError, body: map[string]any{
			"Error": "Transaction (Process ID 73) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.",
		}}, true
	case FaultHTML401:
		return reply{status: http.StatusUnauthorized, body: page{}}, true
	case FaultHTML403:
		return reply{status: http.StatusForbidden, body: page{}}, true
	case FaultHTML500:
		return reply{status: http.StatusInternalServerError, body: page{}}, true
	case FaultHTML503:
		return reply{status: http.StatusServiceUnavailable, body: page{}}, true
	case FaultReason:
		return reply{status: cmp.Or(fault.Status, http.StatusBadRequest), reason: cmp.Or(fault.Body, refreshRefused)}, true
	case FaultTokenExpired:
		if s := b.access[bearer(c.r)]; s != nil {
			delete(b.access, s.access)
			return invalidToken(), true
		}
	case FaultSessionError:
		return refuse(http.StatusUnauthorized, "session_error", "Invalid token format"), true
	case FaultInsufficientRight:
		return refuse(http.StatusUnauthorized, "insufficient_rights", "The user does not have the OAuth role that this call needs"), true
	case FaultInsufficientScope:
		return insufficientScope(scopeAdmin), true
	case FaultResult:
		return failed(c, cmp.Or(fault.Status, resultFailure), "The call failed"), true
	default:
	}
	return reply{}, false
}

// page is the body of an HTML page of IIS.
type page struct{}

// unknownFault refuses to play a kind that nobody knows, so that a misspelt one doesn't pass for a
// fault that did nothing.
func unknownFault(w http.ResponseWriter, r *http.Request, kind wire.FaultKind) bool {
	if slices.ContainsFunc(FaultKinds, func(doc wire.FaultDoc) bool { return doc.Kind == kind }) {
		return false
	}
	wire.Violate(r, "the mock has no fault of kind %q", kind)
	http.Error(w, "mock: no fault of kind "+string(kind), http.StatusInternalServerError)
	return true
}

var (
	loginBodies = hostile.Bodies{
		Head: `{"access_token":[`, Element: `"giant"`, Tail: `]}`,
		TextHead: `{"access_token":"`, TextTail: `"}`,
		Nulls:       `{"access_token":null,"expires":null,"expires_in":null,"identity":null,"refresh_token":null,"scope":null,"token_type":null}`,
		WrongTypes:  `{"access_token":7,"expires":"soon","expires_in":{},"identity":[],"scope":true}`,
		InvalidUTF8: "{\"access_token\":\"\xff\xfe==\",\"expires_in\":60,\"identity\":\"local:\xc3\x28\"}",
		UnknownEnum: `{"access_token":"x","expires":-1,"expires_in":-1,"token_type":"Mystery"}`,
	}
	identityBodies = hostile.Bodies{
		Head: `{"Identities":[`, Element: `{"Name":"giant","PrefixedUniversal":"local:giant"}`, Tail: `]}`,
		TextHead: `{"ID":{"Name":"`, TextTail: `"}}`,
		Nulls:       `{"ID":{"Name":null,"PrefixedUniversal":null,"IsGroup":null},"Identities":[null]}`,
		WrongTypes:  `{"ID":[7],"Identities":{"Name":7}}`,
		InvalidUTF8: "{\"ID\":{\"Name\":\"\xff\",\"PrefixedUniversal\":\"local:\xff\"},\"Identities\":[{\"Name\":\"\xff\"}]}",
		UnknownEnum: `{"ID":{"Name":"x","PrefixedUniversal":"Mars:x","Type":4096,"State":4096},"Identities":[{"Name":"x","Type":-1}]}`,
	}
	oauthBodies = hostile.Bodies{
		Head: `{"Result":0,"Success":true,"Roles":[`, Element: `{"Grantee":"local:giant","Role":2,"ApplicationId":"giant"}`, Tail: `]}`,
		TextHead: `{"Result":0,"Success":true,"Roles":[{"Role":2,"Grantee":"`, TextTail: `"}]}`,
		Nulls:       `{"Result":null,"Success":null,"Roles":[null,{"Grantee":null,"Role":null,"ApplicationId":null}],"Role":null}`,
		WrongTypes:  `{"Result":"0","Success":"true","Roles":{"Grantee":7,"Role":"two"},"Role":[]}`,
		InvalidUTF8: "{\"Result\":0,\"Success\":true,\"Roles\":[{\"Grantee\":\"local:\xff\xfe\",\"Role\":2,\"ApplicationId\":\"\xc3\x28\"}]}",
		UnknownEnum: `{"Result":0,"Success":true,"Roles":[{"Grantee":"local:x","Role":99},{"Grantee":"local:x","Role":-1},{"Grantee":"","Role":2}]}`,
	}
)

// hostileBodies are the hostile answers of an operation.
func hostileBodies(o operation) hostile.Bodies {
	switch {
	case o.login || o.name == AuthorizeVerify:
		return loginBodies
	case o.name == IdentityValidate || o.name == IdentityBrowse || o.name == IdentitySelf:
		return identityBodies
	}
	if bodies, ok := oauthHostile[o.name]; ok {
		return bodies
	}
	return oauthBodies
}
