{{ printf "%5d|%-5s|%05.2f|%q|%x|%v|%+v|%#v|%T|%t|%c|%U|%e|%%|%[2]d|%*d" 1 "a" 1.5 "q" "hex" .Values.list .Values.map .Values.name 1 true 65 66 1.5 3 4 }} {{ print 1 2 "a" nil }} {{ println "x" }}
