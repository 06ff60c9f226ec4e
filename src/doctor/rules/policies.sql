-- Policies. Protects from an expression that lets through another person's rows, or silently none.

-- Each expression of a policy with its verdict, or null where it is right. A table's kind has one right form
-- (relation.right_forms), alone or first in a chain of AND. The texts are PostgreSQL's own print of the parsed
-- expression, so two spellings of one expression are one text. A list of wrong forms would always have a gap
-- (1 = 1, user_id = user_id, … or true), so every other form is a finding. Its code says why.
with
judged_policy as materialized (
  select p.*, e.part, e.text,
    case
      when e.text ~ 'current_setting\(|\m(SESSION_USER|CURRENT_USER|CURRENT_ROLE|USER)\M' then 'POLICY_READS_SETTING'
      when not e.has_identity and p.kind in ('owned', 'reference') and p.polpermissive then 'POLICY_CONSTANT'
      -- On a table of no kind, a sub-select on another table runs under that table's policies.
      when not e.has_identity and p.kind is null and p.polpermissive and e.text !~ '\mFROM\M' then 'POLICY_CONSTANT'
      when e.wrapped <> e.text
        and (p.kind is null or not p.polpermissive or e.wrapped ~ e.right_form) then 'IDENTITY_PER_ROW'
      when p.kind is null or not p.polpermissive or e.text ~ e.right_form then null
      when p.owner is not null and e.text !~ format('\m%s\M', regexp_replace(p.owner, '(\W)', '\\\1', 'g')) then 'POLICY_WRONG_COLUMN'
      else 'POLICY_TOO_WIDE'
    end as verdict
  from policy as p
  cross join lateral (
    select x.part, x.text, x.text ~ 'app_private\.current_user_id\(\)' as has_identity,
      -- Each bare call of the identity in a sub-select of its own.
      regexp_replace(x.text, '(?<!SELECT )app_private\.current_user_id\(\)',
        '( SELECT app_private.current_user_id() AS current_user_id)', 'g') as wrapped,
      format('^(\((%1$s)\)|\(\((%1$s)\) AND .*\))$',
        (select string_agg(regexp_replace(f, '(\W)', '\\\1', 'g'), '|') from unnest(p.right_forms) as f)) as right_form
    from (values ('using', p.qual), ('with check', p.with_check)) as x (part, text)
    where x.text is not null
  ) as e
)
-- A granted command without a policy silently touches no row.
select 'POLICY_MISSING', 'error', c.name,
  format('%s on %s is granted to %s, but no policy says which rows.', g.command, c.name, g.roles),
  case
    when c.own is null or (c.kind = 'reference' and g.command <> 'select')
      then format('revoke %s on %s from %s;', g.command, c.name, g.roles)
    else format('create policy %1$s_own on %2$s for %1$s%3$s%4$s; comment on policy %1$s_own on %2$s is %5$L;',
      g.command, c.name,
      case when g.command <> 'insert' then format(' using (%s)', c.own) end,
      case when g.command in ('insert', 'update') then format(' with check (%s)', c.own) end,
      'Only the rows that the person may use.')
  end
from granted as g join relation as c on c.oid = g.relation
where c.served and c.is_table
  and not exists (
    select from policy as p where p.relation = c.oid and p.polpermissive and p.command in (g.command, 'all')
  )
union all

-- Every form that is not the right one.
select j.verdict,
  case when j.verdict = 'POLICY_CONSTANT' and j.kind is null and j.command = 'select'
    then 'warning' else 'error' end,
  j.object,
  format(case j.verdict
    when 'POLICY_CONSTANT' then 'Policy %s does not depend on the current person: %s.'
    when 'POLICY_READS_SETTING' then 'Policy %s reads the person from somewhere else than '
        'app_private.current_user_id(), where a login can set it: %s.'
    when 'POLICY_WRONG_COLUMN' then 'Policy %s does not compare the owner column: %s.'
    when 'IDENTITY_PER_ROW' then 'Policy %s reads the identity once per row instead of once per statement: %s.'
    else 'Policy %s may let through other people''s rows. '
        'The comparison that makes it safe must come first, joined by AND: %s.'
  end, j.object, string_agg(format('%s %s', j.part, j.text), ' ' order by j.part desc)),
  case
    when j.verdict = 'IDENTITY_PER_ROW' then format('alter policy %s %s;', j.object,
      string_agg(format('%s (%s)', j.part,
        regexp_replace(j.text, '(?<!SELECT )app_private\.current_user_id\(\)',
        '(select app_private.current_user_id())', 'g')), ' ' order by j.part desc))
    when j.own is not null then format('alter policy %s %s;', j.object,
      string_agg(format('%s (%s)', j.part, j.own), ' ' order by j.part desc))
    else concat_ws(' ', format('drop policy %s;', j.object),
      (select string_agg(format('revoke %s on %s from %s;', g.command, j.relation_name, g.roles), ' ')
        from granted as g where g.relation = j.relation and j.command in (g.command, 'all')))
  end
from judged_policy as j where j.verdict is not null
group by j.verdict, j.own, j.kind, j.command, j.object, j.relation, j.relation_name
union all

-- A reviewer must read which rows may be written. PostgreSQL would imply it.
select 'POLICY_NO_CHECK', 'error', p.object,
  format('Policy %s does not say which rows may be written (with check).', p.object),
  format('alter policy %s with check (%s);', p.object, coalesce(p.own, p.qual, 'false'))
from policy as p where p.command in ('insert', 'update', 'all') and not p.has_check and p.polpermissive
union all

-- An update with only `with check` finds no row: UPDATE 0, without an error.
select 'POLICY_NO_USING', 'error', p.object,
  format('Policy %s does not say which rows may be found (using), so it finds none.', p.object),
  format('alter policy %s using (%s);', p.object, coalesce(p.own, p.with_check, 'false'))
from policy as p where p.command <> 'insert' and not p.has_using and p.polpermissive
union all

-- Before 18.7 DROP OWNED BY of a named role edits the policy (CVE-2026-116311), and a role that is not named
-- bypasses a restrictive one. Grants name the roles, policies name the rows.
select 'POLICY_TO_ROLE', 'error', p.object, format('Policy %s holds for some roles only.', p.object),
  format('alter policy %s to public;', p.object)
from policy as p where p.polroles <> '{0}'
union all

-- PostgreSQL joins permissive policies by OR, so the widest wins.
select 'POLICY_OVERLAP', 'error', x.relation_name,
  format('%s policies of %s let through a %s: %s.', cardinality(x.names), x.relation_name, x.command,
    array_to_string(x.names, ', ')),
  (select string_agg(format('drop policy if exists %s on %s;', n, x.relation_name), ' ') from unnest(x.names[2:]) as n)
from (
  -- First the policy to keep: of the right form, for this command alone, the oldest.
  select p.relation_name, c.command, array_agg(p.name order by
      exists (select from judged_policy as j where j.oid = p.oid and j.verdict is not null),
      p.polcmd = '*', p.oid
    ) as names
  from policy as p
  join (values ('select'), ('insert'), ('update'), ('delete')) as c (command) on p.command in (c.command, 'all')
  where p.polpermissive
  group by p.relation_name, c.command
) as x where cardinality(x.names) > 1
