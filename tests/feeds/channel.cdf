<?xml version="1.0"?>
<CHANNEL HREF="https://old.example/" BASE="https://old.example/base/">
  <TITLE>Old channel</TITLE>
  <ITEM HREF="story.html" LASTMOD="1997-06-01T12:00+0000">
    <TITLE>An old story</TITLE>
    <ABSTRACT>From before there was RSS.</ABSTRACT>
  </ITEM>
</CHANNEL>
