-- Schema ora: text to DATE and TIMESTAMP by Oracle's format models.
-- Sources: SQL Language Reference, «Format Models» and «String-to-Date Conversion Rules».
CREATE FUNCTION ora.moment_limit(element text) RETURNS int[] LANGUAGE sql IMMUTABLE AS $$
    -- most digits, least value, greatest value, the code outside of them
    SELECT CASE element WHEN 'YYYY' THEN '{4,1,9999,1841}' WHEN 'RRRR' THEN '{4,0,9999,1841}'
    WHEN 'SYYYY' THEN '{4,1,9999,1841}' WHEN 'YYY' THEN '{3,0,999,1841}'
    WHEN 'YY' THEN '{2,0,9999,1841}' WHEN 'RR' THEN '{2,0,9999,1841}' WHEN 'Y' THEN '{1,0,9,1841}'
    WHEN 'MM' THEN '{2,1,12,1843}' WHEN 'DD' THEN '{2,1,31,1847}' WHEN 'DDD' THEN '{3,1,366,1848}'
    WHEN 'HH24' THEN '{2,0,23,1850}' WHEN 'HH12' THEN '{2,1,12,1849}' WHEN 'HH'
    THEN '{2,1,12,1849}' WHEN 'MI' THEN '{2,0,59,1851}' WHEN 'SS' THEN '{2,0,59,1852}'
    WHEN 'SSSSS' THEN '{5,0,86399,1853}' WHEN 'TZH' THEN '{2,0,14,1874}'
    WHEN 'TZM' THEN '{2,0,59,1875}' END::int[] $$;
CREATE FUNCTION ora.moment_month(s text) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT n::int FROM unnest('{JANUARY,FEBRUARY,MARCH,APRIL,MAY,JUNE,JULY,AUGUST,SEPTEMBER,
    OCTOBER,NOVEMBER,DECEMBER}'::text[]) WITH ORDINALITY m(name,n)
    WHERE upper(s) IN (name,left(name,3)) $$;
CREATE FUNCTION ora.moment_message(code int) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE
    code WHEN 1821 THEN 'date format not recognized'
    WHEN 1830 THEN 'date format picture ends before converting entire input string'
    WHEN 1839 THEN 'date not valid for month specified'
    WHEN 1840 THEN 'input value not long enough for date format'
    WHEN 1841 THEN '(full) year must be between -4713 and +9999, and not be 0'
    WHEN 1843 THEN 'not a valid month' WHEN 1846 THEN 'not a valid day of the week'
    WHEN 1847 THEN 'day of month must be between 1 and last day of month'
    WHEN 1848 THEN 'day of year must be between 1 and 365 (366 for leap year)'
    WHEN 1849 THEN 'hour must be between 1 and 12' WHEN 1850 THEN 'hour must be between 0 and 23'
    WHEN 1851 THEN 'minutes must be between 0 and 59'
    WHEN 1852 THEN 'seconds must be between 0 and 59'
    WHEN 1853 THEN 'seconds in day must be between 0 and 86399'
    WHEN 1855 THEN 'AM/A.M. or PM/P.M. required'
    WHEN 1858 THEN 'a non-numeric character was found where a numeric was expected'
    WHEN 1861 THEN 'literal does not match format string'
    WHEN 1862 THEN 'the numeric value does not match the length of the format item'
    ELSE 'time zone not valid' END $$;
CREATE FUNCTION ora.moment_fails(code int) RETURNS bool LANGUAGE sql AS $$
    SELECT ora.raise(code,ora.moment_message(code)) $$;
-- the elements of a format, in order; what is none of them is ORA-01821
CREATE FUNCTION ora.moment_elements(f text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE out text[] := '{}'; rest text := f; m text; BEGIN
  WHILE rest<>'' LOOP
    m := substring(rest from '(?i)^("[^"]*"|SYYYY|YYYY|RRRR|YYY|YY|RR|Y|MONTH|MON|MM|MI|DDD|DD|DAY|DY|D|HH24|HH12|HH|SSSSS|SS|FF[0-9]?|FX|FM|AM|PM|A\.M\.|P\.M\.|TZH|TZM|TZR|X|[^A-Za-z0-9"]+)');
    IF m IS NULL THEN PERFORM ora.moment_fails(1821); END IF;
    out := out||CASE WHEN m ~ '^"' THEN m ELSE upper(m) END; rest := substr(rest,length(m)+1);
  END LOOP; RETURN out; END $$;
CREATE FUNCTION ora.moment_year(y int, e text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT CASE
    WHEN e='RR' OR e='RRRR' THEN CASE WHEN y>99 THEN y ELSE (c+CASE WHEN y<50 AND n>=50 THEN 1
    WHEN y>=50 AND n<50 THEN -1 ELSE 0 END)*100+y END WHEN e='YY' THEN CASE WHEN y>99 THEN y
    ELSE c*100+y END WHEN e='YYY' THEN c/10*1000+y WHEN e='Y' THEN c*100+n/10*10+y ELSE y END
    FROM (SELECT t/100,t%100 FROM (SELECT extract(year from now())::int) a(t)) b(c,n) $$;
-- the value of a numeric element at the start of s, and its digits
CREATE FUNCTION ora.moment_digits(s text, e text, exact bool, tight bool, OUT n int, OUT used int)
    LANGUAGE plpgsql IMMUTABLE AS $$ DECLARE l int[] := ora.moment_limit(e); d text; BEGIN
  d := substring(s from '^\d+');
  IF d IS NULL THEN PERFORM ora.moment_fails(1858); END IF;
  IF e IN ('YY','RR') AND NOT tight AND length(d)=4 THEN l[1] := 4; END IF;
  d := left(d,l[1]); used := length(d); n := d::int;
  IF exact AND used<l[1] THEN PERFORM ora.moment_fails(1862); END IF;
  IF n NOT BETWEEN l[2] AND l[3] THEN PERFORM ora.moment_fails(l[4]); END IF; END $$;
CREATE FUNCTION ora.moment_instant(v jsonb) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
DECLARE y int := coalesce((v->>'Y')::int,extract(year from now())::int);
  mo int := coalesce((v->>'M')::int,extract(month from now())::int); h int := (v->>'H')::int;
  d int := coalesce((v->>'D')::int,1); t interval; BEGIN
  IF v ? 'DDD' THEN
    IF (v->>'DDD')::int > make_date(y+1,1,1)-make_date(y,1,1) THEN PERFORM ora.moment_fails(1848);
    END IF;
    d := extract(day from make_date(y,1,1)+(v->>'DDD')::int-1);
    mo := extract(month from make_date(y,1,1)+(v->>'DDD')::int-1);
  END IF;
  IF d > extract(day from make_date(y,mo,1)+interval '1 month'-interval '1 day')
    THEN PERFORM ora.moment_fails(1839); END IF;
  IF v ? 'AP' AND h<=12 THEN h := h%12+CASE WHEN v->>'AP'='P' THEN 12 ELSE 0 END; END IF;
  t := CASE WHEN v ? 'S5' THEN make_interval(secs=>(v->>'S5')::int) ELSE
    make_interval(hours=>coalesce(h,0),mins=>coalesce((v->>'MI')::int,0),
    secs=>coalesce((v->>'S')::int,0)) END;
  RETURN make_date(y,mo,d)+t+make_interval(secs=>coalesce(('0.'||(v->>'F'))::numeric(7,6),0)::float8);
END $$;
-- what the elements of f say of s: Y, M, D, DDD, H, AP, MI, S, S5, F, ZH, ZM, Z (a region)
CREATE FUNCTION ora.moment_parts(s text, f text) RETURNS jsonb LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE es text[] := ora.moment_elements(f); e text; rest text := btrim(s); v jsonb := '{}';
  m text; r record; exact bool := false; i int := 0; key text; BEGIN
  FOREACH e IN ARRAY es LOOP i := i+1;
    IF e='FX' THEN exact := true; CONTINUE; ELSIF e='FM' THEN CONTINUE; END IF;
    IF NOT exact AND e !~ '^"' THEN rest := ltrim(rest); END IF;
    IF rest='' THEN
      IF e ~ '^(HH|MI|SS|FF|X|AM|PM|A\.M|P\.M|TZ|[^A-Z0-9"])' THEN CONTINUE; END IF;
      PERFORM ora.moment_fails(1840);
    END IF;
    IF e ~ '^"' THEN
      m := btrim(e,'"');
      IF NOT starts_with(rest,m) THEN PERFORM ora.moment_fails(1861); END IF;
      rest := substr(rest,length(m)+1);
    ELSIF e ~ '^[^A-Z0-9]+$' THEN
      m := CASE WHEN exact THEN CASE WHEN starts_with(rest,e) THEN e END
        WHEN es[i+1] IN ('TZH','TZR') THEN substring(rest from '^\s*')
        ELSE substring(rest from '^[^A-Za-z0-9]{0,'||length(e)||'}') END;
      IF m IS NULL THEN PERFORM ora.moment_fails(1861); END IF;
      rest := substr(rest,length(m)+1);
    ELSIF e='X' THEN rest := regexp_replace(rest,'^[.,]', '');
    ELSIF e ~ '^FF' THEN
      m := substring(rest from '^\d+');
      IF m IS NULL THEN PERFORM ora.moment_fails(1858); END IF;
      m := left(m,coalesce(nullif(substr(e,3),'')::int,9));
      v := v||jsonb_build_object('F',m); rest := substr(rest,length(m)+1);
    ELSIF e IN ('AM','PM','A.M.','P.M.') THEN
      m := substring(rest from '(?i)^([AP])\.?M\.?');
      IF m IS NULL THEN PERFORM ora.moment_fails(1855); END IF;
      v := v||jsonb_build_object('AP',upper(m)); rest := regexp_replace(rest,'(?i)^[AP]\.?M\.?', '');
    ELSIF e IN ('MON','MONTH') OR (e='MM' AND rest ~ '^[A-Za-z]') THEN
      m := substring(rest from '^[A-Za-z]+');
      IF ora.moment_month(m) IS NULL AND ora.moment_month(left(m,3)) IS NOT NULL
        AND es[i+1] !~ '^[^A-Z0-9]' THEN m := left(m,3); END IF;
      IF ora.moment_month(m) IS NULL THEN PERFORM ora.moment_fails(CASE e WHEN 'MM' THEN 1858
        ELSE 1843 END); END IF;
      v := v||jsonb_build_object('M',ora.moment_month(m)); rest := substr(rest,length(m)+1);
    ELSIF e IN ('DAY','DY','D') THEN
      m := substring(rest from CASE e WHEN 'D' THEN '^[1-7]' ELSE
        '(?i)^(?:MON|TUE|WED|THU|FRI|SAT|SUN)[A-Z]*' END);
      IF m IS NULL THEN PERFORM ora.moment_fails(1846); END IF;
      rest := substr(rest,length(m)+1);
    ELSIF e='TZR' THEN
      m := substring(rest from '^\S+');
      v := v||CASE WHEN m ~ '^[+-]?\d\d?:\d\d$' THEN jsonb_build_object('ZH',
        split_part(m,':',1),'ZM',split_part(m,':',2)) ELSE jsonb_build_object('Z',m) END;
      rest := substr(rest,length(m)+1);
    ELSE
      m := CASE WHEN e='TZH' THEN coalesce(substring(rest from '^[+-]'),'')
        WHEN e='SYYYY' THEN coalesce(substring(rest from '^-'),'') ELSE '' END;
      r := ora.moment_digits(substr(rest,length(m)+1),e,exact,ora.moment_limit(es[i+1]) IS NOT NULL);
      IF e='SYYYY' AND m='-' THEN PERFORM ora.raise(3001,'unimplemented feature: years B.C.');
      END IF;
      key := CASE WHEN e ~ '[YR]$' THEN 'Y' WHEN e='DD' THEN 'D' WHEN e='MM' THEN 'M' WHEN e ~ '^HH'
        THEN 'H' WHEN e='SS' THEN 'S' WHEN e='SSSSS' THEN 'S5' WHEN e='TZH' THEN 'ZH' WHEN e='TZM'
        THEN 'ZM' ELSE e END;
      v := v||jsonb_build_object(key,CASE WHEN key='Y' THEN ora.moment_year(r.n,e)::text
        ELSE m||r.n END);
      rest := substr(rest,length(m)+r.used+1);
    END IF;
  END LOOP;
  IF btrim(rest)<>'' THEN PERFORM ora.moment_fails(1830); END IF;
  RETURN v; END $$;
CREATE FUNCTION ora.to_ts0(s text, f text) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.moment_instant(ora.moment_parts(s,f)) $$;
CREATE FUNCTION ora.to_date(s text,f text) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT CASE WHEN regexp_replace(f,'"[^"]*"','','g') ~* 'FF|TZ' AND ora.moment_fails(1821)
    THEN NULL ELSE ora.mkdate(ora.to_ts0(s,f)) END $$;
CREATE FUNCTION ora.to_date(s numeric,f text) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_date(trim_scale(s)::text, f) $$;
CREATE FUNCTION ora.to_date(text) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_date($1, ora.setting('nls_date_format', 'DD-MON-RR')) $$;
CREATE FUNCTION ora.to_timestamp(text,text) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_ts0($1,$2) $$;
CREATE FUNCTION ora.to_timestamp(text) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_ts0($1, ora.setting('nls_timestamp_format', 'DD-MON-RR HH.MI.SSXFF AM')) $$;
-- a region would be lost: only offsets are kept
CREATE FUNCTION ora.to_timestamp_tz(s text,f text) RETURNS ora.tstz LANGUAGE plpgsql STABLE STRICT
    AS $$ DECLARE v jsonb := ora.moment_parts(s,f); z text := v->>'ZH'; BEGIN
  IF v ? 'Z' AND upper(v->>'Z') NOT IN ('UTC','GMT') THEN
    PERFORM ora.raise(3001,'unimplemented feature: time zone regions'); END IF;
  RETURN ora.tz_lit(ora.moment_instant(v), CASE WHEN v ? 'Z' THEN 0 WHEN z IS NULL THEN
    ora.tz_minutes(ora.sessiontimezone(),ora.moment_instant(v)) ELSE (CASE WHEN z LIKE '-%' THEN -1
    ELSE 1 END)*(abs(z::int)*60+coalesce((v->>'ZM')::int,0)) END); END $$;
CREATE FUNCTION ora.to_timestamp_tz(text) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.to_timestamp_tz($1, ora.setting('nls_timestamp_tz_format',
    'DD-MON-RR HH.MI.SSXFF AM TZR')) $$;
CREATE CAST (text AS ora.date) WITH FUNCTION ora.to_date(text) AS IMPLICIT;
CREATE CAST (text AS timestamp) WITH FUNCTION ora.to_timestamp(text) AS IMPLICIT;
-- a sum of months whose day is not in the month is ORA-01839 (ADD_MONTHS takes the last one)
CREATE FUNCTION ora.add_ym(x timestamp, months int) RETURNS timestamp LANGUAGE sql STABLE STRICT AS $$
    SELECT CASE WHEN extract(day from r)=extract(day from x) OR ora.moment_fails(1839) THEN r END
    FROM (SELECT x+make_interval(months=>months)) y(r) $$;
CREATE FUNCTION ora.add_ym(x ora.date, months int) RETURNS ora.date LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.mkdate(ora.add_ym(x::timestamp,months)) $$;
CREATE FUNCTION ora.add_ym(x ora.tstz, months int) RETURNS ora.tstz LANGUAGE sql STABLE STRICT AS $$
    SELECT ora.tz_lit(ora.add_ym(ora.tz_local(x),months),(x).o) $$;
CREATE FUNCTION ora.daddi(ora.date,interval) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate(date_trunc('second',$1::timestamp+$2)) $$;
CREATE FUNCTION ora.dsubi(ora.date,interval) RETURNS ora.date LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT ora.mkdate(date_trunc('second',$1::timestamp-$2)) $$;
CREATE OPERATOR ora.+ (LEFTARG=ora.date, RIGHTARG=interval, FUNCTION=ora.daddi);
CREATE OPERATOR ora.- (LEFTARG=ora.date, RIGHTARG=interval, FUNCTION=ora.dsubi);
