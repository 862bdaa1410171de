// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

// Answers to the questions that the vendor's pages leave open, marked [U] in
// internal/api/huaweicloud/API.md. The zero value of every switch is its first position.
type (
	// DuplicateAdd is what granting an account does that has the app already.
	DuplicateAdd string
	// AbsentRemove is what revoking an account does that hasn't the app.
	AbsentRemove string
	// UnknownAccount is what granting an account does that the directory doesn't know.
	UnknownAccount string
	// DefaultDomain is how local.com looks on read.
	DefaultDomain string
	// PlatformLeftOut is how the platform type looks on read when the grant left it out.
	PlatformLeftOut string
	// PlatformSent is how the platform type looks on read when the grant named one.
	PlatformSent string
	// PlatformChange is what granting an account again with another platform type does.
	PlatformChange string
	// FlipToAllUser is what becomes of the assigned accounts when an app is opened to everybody.
	FlipToAllUser string
	// AllUserList is what the list of an app shows that is open to everybody.
	AllUserList string
	// AllUserAccounts is what users and del_users do in a request with ALL_USER.
	AllUserAccounts string
	// UserInBoth is what becomes of an account that stands in users and in del_users.
	UserInBoth string
	// ListOrder is the order of lists.
	ListOrder string
	// AccountOnRead is how the account looks on read.
	AccountOnRead string
	// BatchBadApp is what a batch does with its good apps when one doesn't exist.
	BatchBadApp string
	// AccountCase is whether accounts and domains that differ in case only are the same.
	AccountCase string
	// AppMode is whether the list of apps shows authorization_type.
	AppMode string
	// NameFilter is how the query parameter name of the lists matches.
	NameFilter string
	// RetryAfter is whether a throttled answer has a Retry-After header.
	RetryAfter string
	// MarketApps is whether apps of source SYSTEM and MARKET take authorizations.
	MarketApps string
	// DeletedApp is what the list of an app's accounts answers when there is no such app.
	DeletedApp string
	// Count is what count says in a list.
	Count string
	// TypeOnRead is how the account type looks on read.
	TypeOnRead string
	// NameForm is how the service writes the names of accounts that it is sent.
	NameForm string
	// DomainForm is how domains other than local.com look on read.
	DomainForm string
)

// The positions of the switches.
const (
	DuplicateAddOK    DuplicateAdd = "ok"
	DuplicateAddError DuplicateAdd = "error"

	AbsentRemoveOK    AbsentRemove = "ok"
	AbsentRemoveError AbsentRemove = "error"

	UnknownAccountSkipped UnknownAccount = "skipped"
	UnknownAccountError   UnknownAccount = "error"

	DefaultDomainShown   DefaultDomain = "shown"
	DefaultDomainOmitted DefaultDomain = "omitted"
	DefaultDomainHidden  DefaultDomain = "hidden"
	DefaultDomainEmpty   DefaultDomain = "empty"
	DefaultDomainNull    DefaultDomain = "null"

	PlatformLeftOutOmitted PlatformLeftOut = "omitted"
	PlatformLeftOutNull    PlatformLeftOut = "null"
	PlatformLeftOutLocal   PlatformLeftOut = "LOCAL"
	PlatformLeftOutEmpty   PlatformLeftOut = "empty"

	PlatformSentEchoed  PlatformSent = "echoed"
	PlatformSentOmitted PlatformSent = "omitted"
	PlatformSentNull    PlatformSent = "null"
	PlatformSentLocal   PlatformSent = "LOCAL"

	PlatformChangeUnchanged PlatformChange = "unchanged"
	PlatformChangeChanged   PlatformChange = "changed"

	FlipToAllUserKeep FlipToAllUser = "keep"
	FlipToAllUserWipe FlipToAllUser = "wipe"

	AllUserListEmpty   AllUserList = "empty"
	AllUserListRecords AllUserList = "records"

	AllUserAccountsApplied AllUserAccounts = "applied"
	AllUserAccountsIgnored AllUserAccounts = "ignored"
	AllUserAccountsAdds    AllUserAccounts = "adds_only"

	UserInBothRemoved UserInBoth = "removed"
	UserInBothKept    UserInBoth = "kept"
	UserInBothError   UserInBoth = "error"

	ListOrderInsertion ListOrder = "insertion"
	ListOrderShuffled  ListOrder = "shuffled"
	ListOrderUnstable  ListOrder = "unstable"

	AccountOnReadPlain     AccountOnRead = "plain"
	AccountOnReadDecorated AccountOnRead = "decorated"
	AccountOnReadSpaced    AccountOnRead = "spaced"
	AccountOnReadOwnGroup  AccountOnRead = "own_group"

	BatchBadAppAtomic  BatchBadApp = "atomic"
	BatchBadAppPartial BatchBadApp = "partial"

	AccountCaseExact   AccountCase = "exact"
	AccountCaseFolded  AccountCase = "folded"
	AccountCaseLowered AccountCase = "lowered"

	AppModeShown   AppMode = "shown"
	AppModeOmitted AppMode = "omitted"

	NameFilterFuzzy   NameFilter = "fuzzy"
	NameFilterExact   NameFilter = "exact"
	NameFilterIgnored NameFilter = "ignored"

	RetryAfterOmitted RetryAfter = "omitted"
	RetryAfterSent    RetryAfter = "sent"

	MarketAppsAccepted MarketApps = "accepted"
	MarketAppsRefused  MarketApps = "refused"

	DeletedAppDocumented DeletedApp = "404"
	DeletedAppOtherCode  DeletedApp = "404_other"
	DeletedAppBadRequest DeletedApp = "400"
	DeletedAppEmpty      DeletedApp = "empty"

	CountRight   Count = "right"
	CountLate    Count = "late"
	CountCapped  Count = "capped"
	CountMissing Count = "missing"
	CountPage    Count = "page"

	TypeOnReadDocumented TypeOnRead = "documented"
	TypeOnReadUser       TypeOnRead = "USER"
	TypeOnReadLower      TypeOnRead = "lower"
	TypeOnReadOmitted    TypeOnRead = "omitted"
	TypeOnReadNull       TypeOnRead = "null"

	NameFormAsSent   NameForm = "as_sent"
	NameFormTrimmed  NameForm = "trimmed"
	NameFormSqueezed NameForm = "squeezed"
	NameFormNFC      NameForm = "nfc"
	NameFormNFD      NameForm = "nfd"

	DomainFormAsSent DomainForm = "as_sent"
	DomainFormShort  DomainForm = "short"
	DomainFormUpper  DomainForm = "upper"
)

// Switches holds the position of every switch. A provider that keeps its plan clean under each of
// them is safe.
type Switches struct {
	DuplicateAdd    DuplicateAdd    `json:"duplicate_add,omitempty" positions:"ok,error" doc:"granting an account that has the app already: 200, or 400"`
	AbsentRemove    AbsentRemove    `json:"absent_remove,omitempty" positions:"ok,error" doc:"revoking an account that hasn't the app: 200, or 400"`
	UnknownAccount  UnknownAccount  `json:"unknown_account,omitempty" positions:"skipped,error" doc:"granting an account that the directory doesn't know: 200 and skipped, or 400 WKS.00170312 (user), WKS.00170208 (group)"`
	DefaultDomain   DefaultDomain   `json:"default_domain,omitempty" positions:"shown,omitted,hidden,empty,null" doc:"local.com on read: shown; left out when the grant left it out; always left out; always an empty string; always null"`
	PlatformLeftOut PlatformLeftOut `json:"platform_left_out,omitempty" positions:"omitted,null,LOCAL,empty" doc:"platform_type on read when the grant left it out"`
	PlatformSent    PlatformSent    `json:"platform_sent,omitempty" positions:"echoed,omitted,null,LOCAL" doc:"platform_type on read when the grant named one"`
	PlatformChange  PlatformChange  `json:"platform_change,omitempty" positions:"unchanged,changed" doc:"granting an account again with another platform type: the old one stays, or is replaced"`
	FlipToAllUser   FlipToAllUser   `json:"flip_to_all_user,omitempty" positions:"keep,wipe" doc:"opening an app to everybody: the assigned accounts are kept and hidden, or wiped"`
	AllUserList     AllUserList     `json:"all_user_list,omitempty" positions:"empty,records" doc:"the authorizations of an app that is open to everybody: none, or the kept accounts"`
	AllUserAccounts AllUserAccounts `json:"all_user_accounts,omitempty" positions:"applied,ignored,adds_only" doc:"users and del_users in a request with ALL_USER: both are carried out, neither is, or users alone"`
	UserInBoth      UserInBoth      `json:"user_in_both,omitempty" positions:"removed,kept,error" doc:"an account in users and in del_users of one request: removed, kept, or 400"`
	ListOrder       ListOrder       `json:"list_order,omitempty" positions:"insertion,shuffled,unstable" doc:"lists in order of insertion, in another order, or in a new order for every request, so that pages overlap"`
	AccountOnRead   AccountOnRead   `json:"account_on_read,omitempty" positions:"plain,decorated,spaced,own_group" doc:"account on read: name; name(group); name (group); name (STAFF) where the directory says that the user is a member of STAFF; all but the first accept both forms in requests"`
	BatchBadApp     BatchBadApp     `json:"batch_bad_app,omitempty" positions:"atomic,partial" doc:"a batch that names a missing app: nothing is done, or the apps before it are"`
	AccountCase     AccountCase     `json:"account_case,omitempty" positions:"exact,folded,lowered" doc:"accounts and domains: case matters; it doesn't and the spelling of the directory or of the first grant is shown; it doesn't and lower case is shown"`
	AppMode         AppMode         `json:"app_mode,omitempty" positions:"shown,omitted" doc:"authorization_type in the list of apps"`
	NameFilter      NameFilter      `json:"name_filter,omitempty" positions:"fuzzy,exact,ignored" doc:"the query parameter name of the lists: part of the name in any case, the exact name, or without effect"`
	RetryAfter      RetryAfter      `json:"retry_after,omitempty" positions:"omitted,sent" doc:"Retry-After with 429"`
	MarketApps      MarketApps      `json:"market_apps,omitempty" positions:"accepted,refused" doc:"authorizations of apps whose source is SYSTEM or MARKET"`
	DeletedApp      DeletedApp      `json:"deleted_app,omitempty" positions:"404,404_other,400,empty" doc:"the accounts of an app that doesn't exist: 404 WKS.00211902, 404 with another code, 400, or an empty list"`
	Count           Count           `json:"count,omitempty" positions:"right,late,capped,missing,page" doc:"count in a list: right; after a change once more what it was; at most 1000; left out; the items of this page"`
	TypeOnRead      TypeOnRead      `json:"type_on_read,omitempty" positions:"documented,USER,lower,omitted,null" doc:"account_type on read: as documented; USER for SIMPLE; in lower case; left out; null"`
	NameForm        NameForm        `json:"name_form,omitempty" positions:"as_sent,trimmed,squeezed,nfc,nfd" doc:"names of accounts: kept as they are sent; without blanks around; with single blanks inside too; in a Unicode form. Names of one form are one account"`
	DomainForm      DomainForm      `json:"domain_form,omitempty" positions:"as_sent,short,upper" doc:"domains other than local.com on read: as sent; the part before the first dot; upper case. Domains of one form are one domain"`
	AccountLimit    int             `json:"account_limit,omitempty" doc:"the most accounts that one app may have; 0 is no limit"`
}

// sameIdentities tells whether accounts that are equal under one are so under the other.
func (s Switches) sameIdentities(other Switches) bool {
	return s.folds() == other.folds() && s.NameForm == other.NameForm && s.DomainForm == other.DomainForm
}

// folds tells whether case is ignored.
func (s Switches) folds() bool {
	return s.AccountCase == AccountCaseFolded || s.AccountCase == AccountCaseLowered
}
