-- Runs after migrations and after current.sql (.gmrc): personal logins see new tables and columns at once.
-- A chain that ends before 000009 has nothing to refresh.
do $$
begin
  if to_regprocedure('app_private.refresh_direct_views()') is not null then
    perform app_private.refresh_direct_views();
  end if;
end
$$;

-- Before 000016 no table is watched.
do $$
begin
  if to_regprocedure('app_private.forget_unwatched()') is not null then
    perform app_private.forget_unwatched();
  end if;
end
$$;
