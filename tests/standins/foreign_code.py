"""The types, procedures and packages that python-oracledb's tests call, in our own words.

What they do is what the tests expect of them.
"""

from __future__ import annotations

_STORED_TYPES = (
    "udt_SubObject as object (SubNumberValue number, SubStringValue varchar2(60))",
    "udt_ObjectArray as varray(10) of udt_SubObject",
    """
    udt_Object as object (NumberValue number, StringValue varchar2(60), FixedCharValue char(10),
    NStringValue nvarchar2(60), NFixedCharValue nchar(10), RawValue raw(16), IntValue integer,
    SmallIntValue smallint, RealValue real, DoublePrecisionValue double precision,
    FloatValue float, BinaryFloatValue binary_float, BinaryDoubleValue binary_double,
    DateValue date, TimestampValue timestamp, TimestampTZValue timestamp with time zone,
    TimestampLTZValue timestamp with local time zone, CLOBValue clob, NCLOBValue nclob,
    BLOBValue blob, SubObjectValue udt_SubObject, SubObjectArray udt_ObjectArray)
    """,
    "udt_Array as varray(10) of number",
    "udt_UnconstrainedTable as table of number",
    "udt_VarrayOfNumber as varray(10) of number",
    "udt_TableOfNumber as table of number",
    "udt_TableOfVarrayOfNumber as table of udt_VarrayOfNumber",
    "udt_TableOfTableOfNumber as table of udt_TableOfNumber",
    "udt_VarrayOfTableOfNumber as varray(10) of udt_TableOfNumber",
)
TYPES = tuple(f"create type {text.strip()}" for text in _STORED_TYPES)

_ARRAYS = """
    create package pkg_Test{name}Arrays as
        type udt_{kind}List is table of {element} index by binary_integer;
        function TestInArrays(a_Start number, {more}a_Array udt_{kind}List) return number;
        procedure TestInOutArrays(a_Count number, a_Array in out nocopy udt_{kind}List);
        procedure TestOutArrays(a_Count number, a_Array out nocopy udt_{kind}List);
        {last}
    end;
"""
_ARRAYS_BODY = """
    create package body pkg_Test{name}Arrays as

        function TestInArrays(a_Start number, {more}a_Array udt_{kind}List) return number is
            t_Sum number := a_Start;
        begin
            for i in 1..a_Array.count loop
                t_Sum := t_Sum + {measure};
            end loop;
            return t_Sum;
        end;

        procedure TestInOutArrays(a_Count number, a_Array in out nocopy udt_{kind}List) is
        begin
            for i in 1..a_Count loop
                a_Array(i) := {changed};
            end loop;
        end;

        procedure TestOutArrays(a_Count number, a_Array out nocopy udt_{kind}List) is
        begin
            for i in 1..a_Count loop
                a_Array(i) := {made};
            end loop;
        end;
        {last}
    end;
"""
_INDEXED = """
        procedure TestIndexBy(a_Array out nocopy udt_StringList){rest}
"""
_INDEXED_BODY = """ is
        begin
            a_Array(-1048576) := 'First element';
            a_Array(-576) := 'Second element';
            a_Array(284) := 'Third element';
            a_Array(8388608) := 'Fourth element';
        end;
"""
_CONVERTED = "'Converted element{mark} # ' || i || ' originally had length ' || length(a_Array(i))"
_ARRAY_PACKAGES: tuple[dict[str, str], ...] = (
    {
        "name": "Number",
        "kind": "Number",
        "element": "number",
        "measure": "a_Array(i)",
        "changed": "a_Array(i) * 10",
        "made": "i * 100",
    },
    {
        "name": "Date",
        "kind": "Date",
        "element": "date",
        "more": "a_Base date, ",
        "measure": "(a_Array(i) - a_Base)",
        "changed": "a_Array(i) + 7",
        "made": "to_date(20021212, 'YYYYMMDD') + i * 1.2",
    },
    {
        "name": "String",
        "kind": "String",
        "element": "varchar2(100)",
        "measure": "length(a_Array(i))",
        "changed": _CONVERTED.format(mark=""),
        "made": "'Test out element # ' || i",
    },
    {
        "name": "Unicode",
        "kind": "Unicode",
        "element": "nvarchar2(100)",
        "measure": "length(a_Array(i))",
        "changed": _CONVERTED.format(mark=" \u3042"),
        "made": "'Test out element \u3042 # ' || i",
    },
)


def _array_packages() -> tuple[str, ...]:
    out = []
    for each in _ARRAY_PACKAGES:
        of_strings = each["name"] == "String"
        texts = {"more": "", **each}
        spec = _INDEXED.format(rest=";") if of_strings else ""
        body = _INDEXED.format(rest=_INDEXED_BODY) if of_strings else ""
        out.append(_ARRAYS.format(**texts, last=spec))
        out.append(_ARRAYS_BODY.format(**texts, last=body))
    return tuple(out)


_UNITS = (
    """
    create procedure proc_Test(a_InValue varchar2, a_InOutValue in out number,
        a_OutValue out number) as
    begin
        a_InOutValue := a_InOutValue * length(a_InValue);
        a_OutValue := length(a_InValue);
    end;
    """,
    """
    create procedure proc_Test2(a_InValue varchar2, a_InOutValue in out number,
        a_OutValue out boolean) as
    begin
        a_InOutValue := a_InOutValue * length(a_InValue);
        a_OutValue := true;
    end;
    """,
    "create procedure proc_TestNoArgs as begin null; end;",
    """
    create function func_Test(a_String varchar2, a_ExtraAmount number) return number as
    begin
        return length(a_String) + a_ExtraAmount;
    end;
    """,
    """
    create function func_Test2(a_String varchar2, a_ExtraAmount number, a_Boolean boolean)
    return number as
    begin
        if a_Boolean then
            return length(a_String) + a_ExtraAmount;
        end if;
        return length(a_String) - a_ExtraAmount;
    end;
    """,
    "create function func_TestNoArgs return number as begin return 712; end;",
    """
    create procedure myrefcursorproc(a_Cursor out sys_refcursor) as
    begin
        open a_Cursor for select * from TestTempTable order by IntCol;
    end;
    """,
    """
    create package pkg_TestBooleans as
        type udt_BooleanList is table of boolean index by binary_integer;
        function GetStringRep(a_Value boolean) return varchar2;
        function IsLessThan10(a_Value number) return boolean;
        function TestOutValueNull return boolean;
        function EchoValue(a_Value boolean) return boolean;
        procedure EchoValueOut(a_Value boolean, a_Out out boolean);
        function TestInArrays(a_Array udt_BooleanList) return number;
        procedure TestOutArrays(a_Count number, a_Array out nocopy udt_BooleanList);
    end;
    """,
    """
    create package body pkg_TestBooleans as

        function GetStringRep(a_Value boolean) return varchar2 is
        begin
            if a_Value is null then
                return 'NULL';
            elsif a_Value then
                return 'TRUE';
            end if;
            return 'FALSE';
        end;

        function IsLessThan10(a_Value number) return boolean is
        begin
            return a_Value < 10;
        end;

        function TestOutValueNull return boolean is
        begin
            return null;
        end;

        function EchoValue(a_Value boolean) return boolean is
        begin
            return a_Value;
        end;

        procedure EchoValueOut(a_Value boolean, a_Out out boolean) is
        begin
            a_Out := a_Value;
        end;

        function TestInArrays(a_Array udt_BooleanList) return number is
            t_Count pls_integer := 0;
        begin
            for i in 1..a_Array.count loop
                if a_Array(i) then
                    t_Count := t_Count + 1;
                end if;
            end loop;
            return t_Count;
        end;

        procedure TestOutArrays(a_Count number, a_Array out nocopy udt_BooleanList) is
        begin
            for i in 1..a_Count loop
                a_Array(i) := mod(i, 2) = 1;
            end loop;
        end;
    end;
    """,
    """
    create package pkg_TestRefCursors as
        procedure TestOutCursor(a_Max number, a_Cursor out sys_refcursor);
        function TestInCursor(a_Cursor sys_refcursor) return varchar2;
        function TestReturnCursor(a_Max number) return sys_refcursor;
        procedure TestLobCursor(a_Value varchar2, a_Cursor out sys_refcursor);
        procedure TestCloseCursor(a_Cursor sys_refcursor);
    end;
    """,
    """
    create package body pkg_TestRefCursors as

        procedure TestOutCursor(a_Max number, a_Cursor out sys_refcursor) is
        begin
            open a_Cursor for
                select IntCol, StringCol from TestStrings where IntCol <= a_Max order by IntCol;
        end;

        function TestInCursor(a_Cursor sys_refcursor) return varchar2 is
            t_String varchar2(100);
        begin
            fetch a_Cursor into t_String;
            return t_String || ' (Modified)';
        end;

        function TestReturnCursor(a_Max number) return sys_refcursor is
            t_Cursor sys_refcursor;
        begin
            TestOutCursor(a_Max, t_Cursor);
            return t_Cursor;
        end;

        procedure TestLobCursor(a_Value varchar2, a_Cursor out sys_refcursor) is
        begin
            open a_Cursor for select to_clob(a_Value) from dual;
        end;

        procedure TestCloseCursor(a_Cursor sys_refcursor) is
        begin
            if a_Cursor%isopen then
                close a_Cursor;
            end if;
        end;
    end;
    """,
    """
    create package pkg_TestLobs as
        procedure GetSize(a_Lob clob, a_Size out number);
        procedure GetSize(a_Lob blob, a_Size out number);
        procedure TestInOut(a_Lob in out clob, a_Search varchar2, a_Replace varchar2);
        function GetLob(a_Number number, a_Format varchar2) return clob;
    end;
    """,
    """
    create package body pkg_TestLobs as

        procedure GetSize(a_Lob clob, a_Size out number) is
        begin
            a_Size := dbms_lob.getlength(a_Lob);
        end;

        procedure GetSize(a_Lob blob, a_Size out number) is
        begin
            a_Size := dbms_lob.getlength(a_Lob);
        end;

        procedure TestInOut(a_Lob in out clob, a_Search varchar2, a_Replace varchar2) is
        begin
            if a_Search is not null then
                a_Lob := replace(a_Lob, a_Search, a_Replace);
            end if;
        end;

        function GetLob(a_Number number, a_Format varchar2) return clob is
        begin
            return to_clob(replace(a_Format, '{}', to_char(a_Number)));
        end;
    end;
    """,
    """
    create package pkg_TestBindObject as
        type udt_CollectionRowType is table of TestTempTable%rowtype index by binary_integer;
        function GetStringRep(a_Object udt_Object) return varchar2;
        procedure BindObjectOut(a_Number number, a_String varchar2, a_Object out udt_Object);
    end;
    """,
    """
    create package body pkg_TestBindObject as

        function SubRep(a_Object udt_SubObject) return varchar2 is
        begin
            if a_Object is null then
                return 'null';
            end if;
            return 'udt_SubObject(' || nvl(to_char(a_Object.SubNumberValue), 'null') || ', ''' ||
                a_Object.SubStringValue || ''')';
        end;

        function ArrayRep(a_Array udt_ObjectArray) return varchar2 is
            t_Text varchar2(4000);
        begin
            if a_Array is null then
                return 'null';
            end if;
            for i in 1..a_Array.count loop
                if i > 1 then
                    t_Text := t_Text || ', ';
                end if;
                t_Text := t_Text || SubRep(a_Array(i));
            end loop;
            return 'udt_ObjectArray(' || t_Text || ')';
        end;

        function GetStringRep(a_Object udt_Object) return varchar2 is
            t_String varchar2(100) := 'null';
            t_Date varchar2(100) := 'null';
            t_Timestamp varchar2(100) := 'null';
        begin
            if a_Object is null then
                return 'null';
            end if;
            if a_Object.StringValue is not null then
                t_String := '''' || a_Object.StringValue || '''';
            end if;
            if a_Object.DateValue is not null then
                t_Date := 'to_date(''' || to_char(a_Object.DateValue, 'YYYY-MM-DD') ||
                    ''', ''YYYY-MM-DD'')';
            end if;
            if a_Object.TimestampValue is not null then
                t_Timestamp := 'to_timestamp(''' ||
                    to_char(a_Object.TimestampValue, 'YYYY-MM-DD HH24:MI:SS') ||
                    ''', ''YYYY-MM-DD HH24:MI:SS'')';
            end if;
            return 'udt_Object(' || nvl(to_char(a_Object.NumberValue), 'null') || ', ' ||
                t_String || ', null, ' || t_Date || ', ' || t_Timestamp || ', ' ||
                SubRep(a_Object.SubObjectValue) || ', ' || ArrayRep(a_Object.SubObjectArray) ||
                ')';
        end;

        procedure BindObjectOut(a_Number number, a_String varchar2, a_Object out udt_Object) is
        begin
            a_Object := udt_Object(a_Number, a_String, null, null, null, null, null, null, null,
                null, null, null, null, null, null, null, null, null, null, null, null, null);
        end;
    end;
    """,
    """
    create package pkg_TestRecords as
        type udt_Record is record (NumberValue number, StringValue varchar2(30), DateValue date,
            TimestampValue timestamp, BooleanValue boolean, PlsIntegerValue pls_integer,
            BinaryIntegerValue binary_integer);
        type udt_RecordArray is table of udt_Record index by binary_integer;
        function GetStringRep(a_Value udt_Record) return varchar2;
        procedure TestOut(a_Value out udt_Record);
        function TestInArrays(a_Array udt_RecordArray) return varchar2;
        procedure TestInOutArrays(a_Number number, a_String varchar2,
            a_Array in out nocopy udt_RecordArray);
    end;
    """,
    """
    create package body pkg_TestRecords as

        function GetStringRep(a_Value udt_Record) return varchar2 is
            t_Boolean varchar2(10) := 'false';
        begin
            if a_Value.BooleanValue is null then
                t_Boolean := 'null';
            elsif a_Value.BooleanValue then
                t_Boolean := 'true';
            end if;
            return 'udt_Record(' || nvl(to_char(a_Value.NumberValue), 'null') || ', ''' ||
                a_Value.StringValue || ''', to_date(''' ||
                to_char(a_Value.DateValue, 'YYYY-MM-DD') || ''', ''YYYY-MM-DD''), ' ||
                'to_timestamp(''' || to_char(a_Value.TimestampValue, 'YYYY-MM-DD HH24:MI:SS') ||
                ''', ''YYYY-MM-DD HH24:MI:SS''), ' || t_Boolean || ', ' ||
                to_char(a_Value.PlsIntegerValue) || ', ' ||
                to_char(a_Value.BinaryIntegerValue) || ')';
        end;

        procedure TestOut(a_Value out udt_Record) is
        begin
            a_Value.NumberValue := 25;
            a_Value.StringValue := 'String in record';
            a_Value.DateValue := to_date(20160216, 'YYYYMMDD');
            a_Value.TimestampValue :=
                to_timestamp('20160216 18:23:55', 'YYYYMMDD HH24:MI:SS');
            a_Value.BooleanValue := true;
            a_Value.PlsIntegerValue := 45;
            a_Value.BinaryIntegerValue := 10;
        end;

        procedure TestInOutArrays(a_Number number, a_String varchar2,
                a_Array in out nocopy udt_RecordArray) is
            t_Index pls_integer := a_Array.count + 1;
        begin
            a_Array(t_Index).NumberValue := a_Number;
            a_Array(t_Index).StringValue := a_String;
        end;

        function TestInArrays(a_Array udt_RecordArray) return varchar2 is
            t_Text varchar2(4000);
        begin
            for i in 0..a_Array.count - 1 loop
                if i > 0 then
                    t_Text := t_Text || '; ';
                end if;
                t_Text := t_Text || GetStringRep(a_Array(i));
            end loop;
            return t_Text;
        end;
    end;
    """,
    """
    create package pkg_TestNestedRecords as
        type udt_Inner is record (Attr1 number, Attr2 number);
        type udt_Outer is record (Inner1 udt_Inner, Inner2 udt_Inner);
        function GetOuter(a_Value1 number, a_Value2 number) return udt_Outer;
    end;
    """,
    """
    create package body pkg_TestNestedRecords as
        function GetOuter(a_Value1 number, a_Value2 number) return udt_Outer is
            t_Outer udt_Outer;
        begin
            t_Outer.Inner1.Attr2 := a_Value1;
            t_Outer.Inner2.Attr2 := a_Value2;
            return t_Outer;
        end;
    end;
    """,
    """
    create package pkg_NestedTable as
        function GetVarrayOfNumber return udt_VarrayOfNumber;
        function GetTableOfNumber return udt_TableOfNumber;
        function GetTableOfVarrayOfNumber return udt_TableOfVarrayOfNumber;
    end;
    """,
    """
    create package body pkg_NestedTable as

        function GetVarrayOfNumber return udt_VarrayOfNumber is
        begin
            return udt_VarrayOfNumber(10, 20, 30);
        end;

        function GetTableOfNumber return udt_TableOfNumber is
        begin
            return udt_TableOfNumber(15, 25, 35, 45);
        end;

        function GetTableOfVarrayOfNumber return udt_TableOfVarrayOfNumber is
        begin
            return udt_TableOfVarrayOfNumber(udt_VarrayOfNumber(10, 20),
                udt_VarrayOfNumber(30, 40));
        end;
    end;
    """,
)
UNITS = tuple(text.strip() for text in (*_array_packages(), *_UNITS))
