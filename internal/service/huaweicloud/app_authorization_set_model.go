// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	api "github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// setModel is the plan or state of a set. The accounts are maps of maps of strings because that is
// the one nesting that Terraform, its plan renderer and the framework all handle in linear time.
type setModel struct {
	AppIDs            types.Set      `tfsdk:"app_ids"`
	Name              types.String   `tfsdk:"name"`
	AuthorizationType types.String   `tfsdk:"authorization_type"`
	Users             types.Map      `tfsdk:"users"`
	UserGroups        types.Map      `tfsdk:"user_groups"`
	MaxRevocations    types.Int64    `tfsdk:"max_revocations"`
	OnDestroy         types.String   `tfsdk:"on_destroy"`
	Missing           types.Map      `tfsdk:"missing"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

var (
	accountsType = types.MapType{ElemType: types.StringType}
	missingType  = types.ListType{ElemType: types.StringType}
)

// newModel is the model of an import: what the configuration decides has its default.
func newModel() setModel {
	duration := map[string]attr.Type{}
	for _, operation := range []string{"create", "read", "update", "delete"} {
		duration[operation] = types.StringType
	}
	return setModel{
		Users: types.MapNull(accountsType), UserGroups: types.MapNull(accountsType),
		OnDestroy: types.StringValue(access.Revoke), Timeouts: timeouts.Value{Object: types.ObjectNull(duration)},
	}
}

// Known tells whether all that decides about requests is known.
func (m *setModel) Known() bool {
	if m.AppIDs.IsUnknown() || m.AuthorizationType.IsUnknown() {
		return false
	}
	for _, id := range m.AppIDs.Elements() {
		if id.IsUnknown() {
			return false
		}
	}
	return accountsKnown(m.Users) && accountsKnown(m.UserGroups)
}

// mapOf and textOf read elements whose types the schema has fixed.
func mapOf(v attr.Value) map[string]attr.Value {
	m, _ := v.(types.Map)
	return m.Elements()
}

func textOf(v attr.Value) string {
	text, _ := v.(types.String)
	return text.ValueString()
}

func accountsKnown(domains types.Map) bool {
	if domains.IsUnknown() {
		return false
	}
	for _, accounts := range domains.Elements() {
		if accounts.IsUnknown() {
			return false
		}
		for _, platform := range mapOf(accounts) {
			if platform.IsUnknown() {
				return false
			}
		}
	}
	return true
}

// holdsAccounts tells whether there is an account for certain.
func holdsAccounts(domains types.Map) bool {
	for _, accounts := range domains.Elements() {
		if len(mapOf(accounts)) > 0 {
			return true
		}
	}
	return false
}

// Set is the model in the terms of the service. Everything must be known.
func (m *setModel) Set() set {
	s := set{Set: authset.Set{AppIDs: m.appIDs(), Mode: api.AuthorizationType(m.AuthorizationType.ValueString()), Accounts: api.Accounts{}}}
	addAccounts(s.Accounts, api.Simple, m.Users)
	addAccounts(s.Accounts, api.UserGroup, m.UserGroups)
	s.name = m.Name.ValueString()
	s.missing = m.missing(s.Accounts)
	return s
}

// SameTarget tells that another set of applications is no new resource: app_ids change in place.
func (m *setModel) SameTarget(*setModel) bool { return true }

// Options are the arguments that have nothing to do with Huawei Cloud.
func (m *setModel) Options() access.Options {
	return access.Options{OnDestroy: m.OnDestroy, MaxRevocations: m.MaxRevocations, Timeouts: m.Timeouts}
}

// appIDs are the ids of the applications, sorted.
func (m *setModel) appIDs() []string {
	var ids []string
	for _, id := range m.AppIDs.Elements() {
		ids = append(ids, textOf(id))
	}
	slices.Sort(ids)
	return ids
}

func addAccounts(into api.Accounts, accountType api.AccountType, domains types.Map) {
	for domain, accounts := range domains.Elements() {
		for name, platform := range mapOf(accounts) {
			account := api.Account{Type: accountType, Domain: domain, Name: name}
			into[account.Handle()] = api.PlatformType(textOf(platform))
		}
	}
}

// Track puts into the model what the state should say. Maps that hold what they held keep their
// form: null stays null, and a domain without accounts stays.
func (m *setModel) Track(now set) bool {
	if before := m.AuthorizationType; !m.Missing.IsUnknown() && !m.Missing.IsNull() && len(m.Missing.Elements())+len(now.missing) == 0 &&
		!before.IsUnknown() && before.ValueString() == string(now.Mode) && slices.Equal(m.appIDs(), now.AppIDs) &&
		!m.Name.IsUnknown() && m.Name.ValueString() == now.name {
		accounts := make(api.Accounts, len(now.Accounts))
		addAccounts(accounts, api.Simple, m.Users)
		addAccounts(accounts, api.UserGroup, m.UserGroups)
		if maps.Equal(accounts, now.Accounts) {
			return false
		}
	}
	ids := make([]attr.Value, len(now.AppIDs))
	for i, id := range now.AppIDs {
		ids[i] = types.StringValue(id)
	}
	m.AppIDs = types.SetValueMust(types.StringType, ids)
	m.Name = types.StringValue(now.name)
	m.AuthorizationType = types.StringValue(string(now.Mode))
	users, groups := splitAccounts(now.Accounts)
	m.Users = accountsValue(users, m.Users)
	m.UserGroups = accountsValue(groups, m.UserGroups)
	m.Missing = missingValue(now.missing)
	return true
}

// splitAccounts sorts accounts by domain.
func splitAccounts(accounts api.Accounts) (users, groups map[string]map[string]attr.Value) {
	users, groups = map[string]map[string]attr.Value{}, map[string]map[string]attr.Value{}
	for h, platform := range accounts {
		account := h.Value()
		into := users
		if account.Type == api.UserGroup {
			into = groups
		}
		if into[account.Domain] == nil {
			into[account.Domain] = map[string]attr.Value{}
		}
		into[account.Domain][account.Name] = platformValue(platform)
	}
	return users, groups
}

func platformValue(platform api.PlatformType) types.String {
	if platform == "" {
		return types.StringNull()
	}
	return types.StringValue(string(platform))
}

func accountsValue(domains map[string]map[string]attr.Value, prior types.Map) types.Map {
	values := make(map[string]attr.Value, len(domains))
	for domain, accounts := range prior.Elements() {
		if accounts, ok := accounts.(types.Map); ok && len(accounts.Elements()) == 0 {
			values[domain] = accounts
		}
	}
	written := prior.Elements()
	for domain, accounts := range domains {
		if before, ok := written[domain].(types.Map); ok {
			keepEmpty(accounts, before.Elements())
		}
		values[domain] = types.MapValueMust(types.StringType, accounts)
	}
	if len(values) == 0 && prior.IsNull() {
		return types.MapNull(accountsType)
	}
	return types.MapValueMust(accountsType, values)
}

func missingValue(missing map[string][]api.Handle) types.Map {
	values := make(map[string]attr.Value, len(missing))
	for id, handles := range missing {
		names := make([]string, len(handles))
		for i, h := range handles {
			names[i] = h.Value().String()
		}
		slices.Sort(names)
		elements := make([]attr.Value, len(names))
		for i, name := range names {
			elements[i] = types.StringValue(name)
		}
		values[id] = types.ListValueMust(types.StringType, elements)
	}
	return types.MapValueMust(missingType, values)
}

// missing are the accounts of the set that `missing` says the applications lack, by app id.
func (m *setModel) missing(accounts api.Accounts) map[string][]api.Handle {
	missing := map[string][]api.Handle{}
	for id, list := range m.Missing.Elements() {
		names := map[string]bool{}
		elements, _ := list.(types.List)
		for _, name := range elements.Elements() {
			names[textOf(name)] = true
		}
		for h := range accounts {
			if names[h.Value().String()] {
				missing[id] = append(missing[id], h)
			}
		}
	}
	return missing
}

// keepEmpty keeps the spelling "" of a platform type that is left out.
func keepEmpty(accounts, before map[string]attr.Value) {
	for name, platform := range accounts {
		if written, ok := before[name].(types.String); ok && platform.IsNull() && !written.IsNull() && written.ValueString() == "" {
			accounts[name] = written
		}
	}
}

// tracked is the set as its state has it, with the spellings that are remembered.
func (s set) tracked() authset.Tracked {
	t := authset.Tracked{Set: s.Set, Missing: s.missing}
	t.Spelled = s.memory.Spelled
	return t
}

// learn takes down spellings that no earlier run has seen.
func (s *set) learn(counting *authset.Counting) {
	if learned := counting.Learned(); len(learned) > 0 {
		spelled := maps.Clone(s.memory.Spelled)
		if spelled == nil {
			spelled = authset.Spellings{}
		}
		maps.Copy(spelled, learned)
		s.memory.Spelled = spelled
	}
}
