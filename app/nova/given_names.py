"""First and family names of Indonesia and the world: evidence where a phrase alone is none.
Lower case.
"""

from __future__ import annotations

from app.nova.vocabulary import word_set

GIVEN_NAMES = word_set(
    """
    aan aaron abas abay abby abdi abdul abdullah abel abena abidin abigail abiyasa abiyyu abizar
    abraham abrar abror acen achilles achmad achyar acong adam adang adawiyah addison ade adele
    adelia adelin adelina adeline adeng adhi adhitya adi adib adiba adibah adila adinata adinda
    adipati adisti adit aditya adolfo adrian adriana adriani adriansyah adriel adrien adul
    adyatma affandi afif afifah afiq afnan afrizal afsheen afuk afung agam agatha agil agista
    agnes agnesia agni agoy aguan agung agus agusti agustian agustin agustina agustinus ahay
    ahdi ahmad ahmed ahok ahsan aida aidan aiden aidil aiko aila aileen aini ainsley ainun ainur
    airin airlangga aisah aisha aisya aisyah aizat ajeng aji ajis ajo ajun akbar akhmad akira
    akmal akong aksan akua alam alamsyah alan alana albany albert alberto albertus albi aldi
    aldiansyah aldino aldo aldous aldy alec alejandra alejandro alena alesha alessandro alessia
    alex alexa alexander alexandra alexei alexis alfa alfan alfandi alfarizi alfi alfiah alfian
    alfin alfonso alfonsus alfred alfredo ali alice alief alif alika alimah alimin alina alisa
    alisha alison alissa alistair alisya aliya aliyah aliyudin allison almas almeera almira
    alodia alondra alonso aloysius althaf alung alvaro alvin alvina alviona alwan alwi alya
    alyssa amadeus amadou amalia amalina amanda amar amara amari ambar ambarwati amber ambrose
    ameer amel amelia amelie amelya amin amina aminah amir amira amiruddin amit amos amoy amparo
    amri amril amrin amrul amsal amy ana anais anand anandita ananya anas anastasia anatasya
    anatolia ancha andara anders andhika andi andien andika andina andini andra andre andrea
    andreas andrei andres andrew andri andria andrian andriana andriani andriansyah andrianto
    andrie andrina andriyani andro andry andy anela angel angela angelica angelin angelina
    angeline angelique angelo anggara anggi anggia anggita anggoro anggraeni anggraini anggrek
    anggun angus ani anika anil anindita anindya anindyta anisa anisah anish anisya anita anja
    anjali anjani anjar anjas ankita ann anna annabel annabelle annalise annas anne anneke
    annette annida annie annika annisa anom ansar ansel anselm ansori ansyari anthony antika
    anto antoine antoinette anton antonella antoni antonia antonio antonius anugerah anugrah
    anwar anya apollo apri aprian apriani aprianto april aprilia apriliani apriliya apriyani
    apriyanto aqil aqila aqilah arabella arafat arbi ardan ardana ardhi ardi ardian ardiana
    ardiansyah ardianto ardina ardiyanto ardy arfan arga argo ari aria ariadne ariana ariani
    arianna arianto arie arief ariel arif arifa ariffin arifin arina arini aris arisman arista
    aristo ariyani ariyanto arjun arka arkan arkana arlin arman armand armando armansyah armaya
    arnaud arnav arne arni arnold arrasyid arsene arsita arsy arsyad arsyila arta artanti artem
    artha arthur arum arun arvind arwin arya aryan aryani aryanti aryanto aryo arzu asad aseng
    asep asfar asha asher ashish ashley ashok ashton asih asmara asmarani asmawati asmi asnah
    asnawi aspen asri asrul assyifa astari asti astri astrid astuti asun ateng athalla athaya
    athena athira atiek atik atika atikah atin atmaja atmojo atticus atun aubrey audrey aufa
    august augustine augustus aulia aurel aurelia aurelie aurellia aurora austin ava avery
    avicenna awaludin awang awi axel ayaan ayati ayesha ayik ayla ayodele ayu ayub ayudia ayumi
    ayunda ayuni ayuningtyas ayyub azahra azalea azar azhar azhari azis aziz aziza azizah azizi
    azka azmi azriel azril azura azwar azzahra azzam bachtiar badriah badriyah badru badrun
    bagas bagong bagus bagyo bahar baharuddin bahri bahrudin bahrul bailey baim baiq bakri
    baktiar balqis balthazar bambam bambang bambi banyu banyuaji barbara barnaby barney baron
    barry bart bartholomew basil basir baskara baskoro basri bastian basuki batara bayu bayuaji
    bayyinah beatrice beatrix beatriz beau becca becky bedjo bejo belinda bella ben benaya
    benedict benediktus beni benjamin benny beno benyamin berlian berliana bernadette bernadus
    bernard bernice bernie berta bertha bertie bessie beth bethany betharia betti betty beverley
    beverly bianca bill billie billy bima bimasakti bimo binsar bintang bintari bjorn björk
    blaise blake blanca blanche boaz bob bobby bobi boby boedi boediono boim bolang bonar boncel
    bondan bondet boni bonita bonnie boris bowo boyke brad bradford bradley brady brahma
    brahmantyo bram bramantyo bramasta brandi brando brandon brandy brayden breanna brenda
    brendan brenna brent brett brian brianna bridget bridie brigita brigitta brigitte britney
    brittany brock brody bronwyn brooke brooklyn broto bruce bruno bryan bryant bryce bryony
    buana budhi budhiarto budi budianto budiarti budiarto budiati budiman budiono budiyanto
    budiyono budy bulan bunga bunyamin burhan burhanuddin burhanudin burt butet byron caca
    caecilia cahaya cahya cahyadi cahyani cahyanti cahyanto cahyo cahyono caitlin cakra caleb
    calista callum calvin camelia cameron camila camille candace candice candra cantika cantikan
    cara caraka carina carissa carl carla carlina carlo carlos carlton carly carmela carmen
    carmila carmine carol carole carolina caroline carolyn carrie carter casandra casey casper
    cassandra cassidy cassie catherine cathy catur cecep cecil cecilia cecily cedric celeste
    celia celine cepi cesar chad chaerul chairil chairul chairunnisa chandler chandra
    chandrawati chantal charlene charles charlie charlotte charmaine chase chaya chelsea chelsey
    chen cherie cherry cheryl chesa chester cheyenne chiara chidi chika chinedu chintya chioma
    chiyo chloe chris chrissy christa christabel christel christelle christiana christiani
    christianto christie christin christina christine christoph christopher chrisye chyntia cian
    ciara cici cillian cindi cindy cinta cinthya cintya cipto citra citraningrum citrawati
    claire clara clarisa clarissa clarita claude claudette claudia claudya claus clay clayton
    clement clementine cleo clifford clifton clint clinton clive clyde cody cokro colby cole
    colette colin colleen connor conor conrad constance constantine consuelo cora coral coralie
    cordelia corey corina corinne cornelia cornelius cory courtney craig cristian cristina
    cristobal crystal curtis cut cynara cynthia cyrus dadan dadang dadi dafa daffa dagmar dahlan
    dahlia dahniar daisy dakota dale dalia dalilah daliman dalimin dalton damar damara damayanti
    damian damien damon dan danang dandi dandy dane danendra dani dania danial daniel daniela
    daniele danielle danika danis daniswara danny dante danu danuarta danur daphne dara daren
    daria dario darius dariyah darla darlene darma darmadi darmanto darmawan darmini darminto
    darnell darren darryl darso darsono darto darwanto darwati darwin darwis daryanti daryono
    dashiell dasril dasuki datu dave davian david davin davina davis dawn dayana dayat dea
    dealova dean deandre deanna debbie debi debora deborah debra declan dede dedek deden dedi
    dedy deepak defa defri deidre deirdre delia delilah delima della delon delphine deltha
    demetrius denada dendi deni deniansyah denis denisa denise dennis denny denok denzel deo
    derek dermawan derry desi desiana desiree deska desmawati desmond desri dessy desti desty
    desy detri devan devano devara devi devia devina devita devon dewa dewangga dewantara
    dewanti dewanto dewi dewina dewinta dewo dexter dhafin dhani dhanu dhea dheni dhika dhimas
    dhina dhira dhita dhiya diah diajeng dian diana diandra diane diani dianita dianti diar diaz
    dick dicka dicky didi didik didin didit diego dien dieter digna dika diki dila dilan dilla
    dimas dimaz dimitri dina dinanti dinar dinara dinda dindin dini dino dio dion dionisius dipa
    dirga dirgantara dirja dirk dirman disa dita ditha dito ditya diva divo djamal djamila
    djarot djatmiko djoko djoni djuanda djumadi djumiati djunaedi dmitri dmitry doddy dodi dodie
    dodo dody doel dolly dolok dolores domi domingo dominic dominik dominikus dominique domu
    donal donald doni donna donny dono donovan dora doreen dores dorian doris dorlan dorothea
    dorothy doug douglas drake drew dudi dudung dul dulmatin duma duncan dustin duwi dwayne dwi
    dwight dwiki dwiko dwina dwita dyah dyan dyas dylan dzaka dzaky dzikri dzul dzulfikar
    earlene ebenezer ebit ebony ed eddie edgar edhi edi edith edmund edo eduardo edward edwin
    edwina edy efendi effendi efi efrida efrin ega egi egon eileen eilidh einar eithne eka
    ekaputri ekaterina ekawati ekky eko ela elaina elaine elang elba eleanor elena eleni
    eleonora elfiana elfira elga eli elia eliana eliani elias elida elif elijah elin eline elisa
    elisabet elisabeth elise elisha elita eliza elizabet elizabeth ella ellen ellena ellery
    ellie elliot elliott ellis elly ellya elmer elmi elodie eloise elok elon elsa elsie elsya
    elton elvan elvi elvia elvina elvira elvis elyana elysia emalia emanuel emeka emerson emil
    emilda emile emilia emilio emily emir emma emmanuel emmett emmy emon emre enang encep endah
    endang endri endro engkos ening enita enjelina enny enok enrico enrique entin entis entong
    enzo epul erfan eric erica erick erik erika erin erina erisca erlangga erlin erlina erline
    erman ermawati ermita erna ernawati ernest ernestine ernesto erni ernie erniwati errol ersa
    erwanto erwin erwina erwinsyah eska esme esmeralda esra esteban estella estelle ester esther
    esti estu ethan ethel etienne etik etty eugene eugenia eugenie euis eunice eunike eva evalia
    evalina evan evangeline evania evelina evelyn everett everly evi evita ezekiel ezra ezza
    fabian fabienne fabio fabrice fachri fachrizal fachrul fadel fadhil fadhila fadhilah fadhlan
    fadhli fadil fadila fadilah fadjar fadlan fadli fahad fahira fahlevi fahmi fahreza fahri
    fahrizal fahrul faisal faisha faishal faisol faith faiz faiza faizah faizal faizin fajar
    fajri fajrin fakhira fakhri fakhrul falah falih fandi fani fania fanny fany farah farel
    farell farha farhan farhana farhani farhat farid farida faridah faridz fariha faris fariz
    fariza farras farrel fatahillah fathan fathia fathimah fathir fathiya fathoni fathul fathur
    fatih fatima fatimah fatimatuz fatin fatir fatkhur fatma fatmawati fatoni fatou fatur
    faturrahman fausta fauzan fauzi fauziah fauziyah fawwaz fawzi fazri febby febe febi febiola
    febri febria febrian febriana febriani febrianti febrianto febrina febriyani febriyanti
    federica federico felicia felicity felicya felipe felisha felisia felita felix fendi fenny
    fenti fera ferdi ferdian ferdiansyah ferdinan ferdinand ferdy fergus feri ferial ferina
    feriyanto fernanda fernandez fernando feronica feronika ferra ferry fery fharel fia fidel
    fidelia fidya fika fikar fikra fikri fildzah filip filza fina finlay finley finn finnegan
    fiona firas firda firdaus firjatullah firly firman firmansyah firna firyal firza fithri
    fitra fitrah fitri fitria fitriana fitriani fitrianti fitriya fitriyah fitriyana fitriyani
    fitriyanti fitroh fleur flora florence florentina florian flynn forrest fran frances
    francesca francesco francine francis francisco francois frank frankie franklin franky frans
    fransisca fransiska fransiskus franz françois fraser frasier fred freda freddie freddy
    frederic frederica frederick frederik frederika fredy freska freya frida frieda frisca
    friska fritz fuad fuadi fuji fumiko furqon gabe gabriel gabriela gabriele gabriella
    gabrielle gaby gading gadis gafur gaga gagah gail galang galih galuh gandhi gandi ganis
    ganjar garda gareth garin garnis garrett garry garth gary gaston gatot gavin gayatri gea
    geby gede gemilang gemma gendis genevieve genta geoff geoffrey george georgia georgina
    georgius gerald geraldi geraldine geraldo gerard gerry gertrude gery ghaisan ghani ghazali
    ghazi ghea ghifari ghina ghozali giacomo gian gianna gianti gibran gideon gilang gilar
    gilbert giles gillian giman gina ginanjar ginger ginny gino giorgio giovani giovanna
    giovanni gisela giselle gista gita gito giulia giulio giuseppe giyanto gladys glen glenda
    glenn gloria goenawan gofur goran gordon grace gracela gracia graciella graham grant
    grasiela grayson greg gregorius gregory greta gretchen griffin griselda guadalupe gugun
    guillaume guillermo gunadi gunarti gunarto gunawan gunawati gunnar gunther guntoro guntur
    guruh gus gustaf gustav gustavo gusti gustiawan gustina gustomo gwen gwendolyn gwyneth habib
    habibah habibi habibie hadi hadiansyah hadianto hadid hadijah hadinata hadiwijaya hadiyanto
    hadley hadyan hafid hafidh hafidz hafiz hafizah hafni hafsah haiban haidar haidir haifa
    haikal hailey hairudin hairul halida halilintar halim halimah hamdan hamdanah hamdani hamed
    hamid hamida hamidah hamim hamish hamka hamza hamzah hamzani hana hanafi hanan hanani
    handayani handi handika handini handoko handono hanesti hani hanif hanifa hanifah hanik
    hanin hanindya haniyah hank hanna hannah hannan hannes hanny hans hanum hapsari haqi hardi
    hardian hardiansyah hardianto hardjo hari haris harisah harish harisman hariyadi hariyanto
    hariyono harjo harjono harlan harley harliana harmaini harmoko harno harold harper harriet
    harris harrison harry harsh harshita harsono hartanto hartati hartatik hartinah hartini
    harto hartono hartoyo haruka haruki harun haruna haruto harvey haryadi haryanto haryati
    haryono hasan hasanah hasanuddin hasanudin hasbi hasbullah hasmi hasna hasnah hassan hastuti
    hasyim hatta hattie hawa hayati hayu hayyu hazel hazim heath heather hector hedwig hegar
    heidi heike heinrich heinz helen helena helene helga hendar hendarto hendi hendra hendrawan
    hendrawati hendri hendrik hendrika hendriyanto hendro hendry hendy hengky heni henny henri
    henrietta henrik henrikus henry heppy herbert hercules herdiana heri heriansyah herianto
    heriyanto herlambang herlan herlin herlina herman hermansyah hermanto hermanus hermawan
    hermawati hermin hermina herminah hermione hernawati herni herry hersa hertanto heru herwin
    hesekiel hesti hestiana hesty hetty hidayah hidayat hidayati hidayatul hidayatullah hideo
    hikmah hikmat hilary hilda hildan hillary himawan hindun hiro hiroshi hisyam holden holly
    homer hope horace hortense hotma hotman howard howie hubert hudson hugh hugo humaira
    humairah humphrey hunter husaini husein husen husna husni husnia husnul hussein hutomo ial
    ian ibnu ibnul ibra ibrahim ibrahima ibrohim ican icha ichiro ichsan ida idayu idha idham
    idris idrus ifah ifan ifeoma iffah ighfirli ignacio ignatius igo igor ihsan ihza iim iis
    ijah ijal ijul ika ikbal ike ikhsan ikram iksan ilham ilhamsyah ilma ilmi ilona ilse ilyas
    imah imam iman imani imaniar imas imelda imelia immanuel imogen imran imron ina inara inayah
    inayatul indah indera indra indrajaya indrawan indrawati indrayani indri indrian indriani
    indriati indriyani ines inez infal inga inge ingeborg inggar inggit inggrid ingrid inong
    intan intania inung iona ipah ipeh ipin ipul ipung iqbal ira irawan irawati irena irene
    irfan irfandi irfani irhamna iriana iriani irina iris irma irmawati irmayanti irna irnawati
    irsal irsyad irvan irvandi irving irwan irwansyah irwanto irzan isa isaac isabel isabela
    isabella isabelle isadora isaiah isal isha ishaan ishmael iskandar isla isma ismael ismail
    ismawati ismaya ismi isna isnaini isnan issac isti istianah istiqomah iswan iswandi iswanto
    isyana ita itje itok itzel ivan ivana ivanka ivo ivonne ivy iwa iwan iyan iyus izal izhar
    izul izza izzah izzat izzatul jabbar jacinda jacinta jack jackie jackson jacky jaclyn jacob
    jacqueline jacques jade jaden jaelani jaenab jaenal jaenudin jafar jafri jagat jahja jai
    jaime jajak jajang jaka jaki jakob jalaludin jalu jamal jamaluddin jamaludin james jamhari
    jamiah jamie jamil jamila jamilah jan jana janah jane janelle janet janice janine janis
    janitra jannah jannati januar januarti jared jarjit jarot jarrod jarvis jarwo jasman jasmin
    jasmine jason jati jatmiko jauhari javier jax jaxon jay jaya jayadi jayanti jayden jayne
    jean jeanette jeanie jeanne jeannie jedidiah jeff jefferson jeffrey jeffry jefri jeje jeki
    jelita jemima jenar jeni jenifer jenna jennie jennifer jenny jennyfer jens jeremia jeremiah
    jeremy jericho jermaine jerome jerry jesica jesika jessa jesse jessen jessica jessie jessika
    jessy jethro jihad jihan jiho jill jillian jim jimena jimmi jimmy jin jisoo jiwoo jo joachim
    joan joana joann joanna joao joaquin jocelyn jodi jodie jody joe joel joey johan johanes
    johann johanna johannes johari john johnny joice jojo joko jokowi jolene jon jonah jonas
    jonatan jonathan joni jonni jonri joost jordan jordana jordi jorge joris jose josef josefina
    joseph josephin josephine josh joshua josiah josie josua josé jovan jovanka jovanna jovita
    joy joyce joão juan juana juanda juanita juariah jubaedah judah jude judi judith judy juhari
    juita juju juki julaeha juleha jules julfikar juli julia julian juliana juliani julianti
    julianto julie juliet juliette julio julius juma jumadi jumaidi jumarni jumhana jumiati
    jumiatun juminah juminten jumirah junaedi junaidi junaidy june juned juni junianto juniar
    juniarti juniarto juno jupri jurgen justin jusuf juwariyah juwita juwono jürgen kacey kadek
    kafka kahfi kai kaila kaitlyn kaka kalila kalina kalis kamal kamala kamaludin kamaruddin
    kamelia kamelya kamil kamila kamilah kanaya kandi kania kanti kara kardi kardiman kardjo
    kareem karen karenina karim karimah karin karina karl karla karlina karmila karmin karniawan
    karno karsih karsiman karsini karsono karta kartika kartinah kartini kartono kartosuwiryo
    karunia karyono kasandra kasey kasih kasim kasiyem kasman kasmawati kasmin kasmir kaspar
    kasri kastari kasturi katarina kate katerina katharina katharine katherina katherine
    kathleen kathryn kathy katie katja katon katrin katrina katya kay kayana kayla kaylee
    kaylila kazuki kazuo keenan keiko keira keisha keisya keith kejora kelly kelsey kelvin kemal
    kemala ken kenan kenang kenanga kencana kendall kendra kendrick keneth kenia kenji kenneth
    kenny kent kenya kenzie kerry keshia kesya ketut kevin keyla keyra keysha kezia khadafi
    khadijah khaira khairani khairi khairil khairina khairudin khairul khairunisa khairunnisa
    khaled khaleda khalid khalidah khalifah khalil khalila khalisa khansa khanza kharisma khaula
    khodijah khofifah khoiri khoiriyah khoirul khoirunisa khoirunnisa kholid kholidah kholifah
    kholil khotimah kian kiara kieran kiki killian kim kimberley kimberly kinan kinanti kinar
    kinara kinasih kintan kiran kirana kirani kirey kirk kirno kirsten kirstie kirsty kismanto
    kisno klara klaus knut kodir kofi kokom kokoy komang komariah komarudin komeng konrad
    konstantin kosasih kosim kris krisdayanti krishna krisna krisnawati krista kristanto
    kristian kristiana kristiani kristianto kristiawan kristin kristina kristine kristiyani
    kristiyanto kristof kristy kukuh kuncoro kunto kuntoro kurnia kurniadi kurnianto kurniasari
    kurniasih kurniati kurniawan kurniawati kurniyawan kurt kusdi kusdiana kusmana kusmawati
    kusmiati kusmini kusnadi kusnan kusno kusuma kusumaningrum kusumawati kusumo kuswandi
    kuswanto kusyanto kwame kwesi kyla kyle kylie labib lacey lachlan ladya laela laelatul laila
    lailani lailatul laksana laksmi laksono lala lalita lamhot lanang landung lani lanny laode
    lara laras larasati larissa larry lars lasmi lasminah lasmini lastri latif latifa latifah
    latipah latisha latoya latri laura lauren laurence lauryn lavenia lavinia lawrence
    lawrencius layla lazarus leah leandra leandro leanne lediana lee legiman leif leigh leila
    leksono lela leland leliana leman lena leni lenita lenni lennox lenny leo leon leona leonard
    leonardo leonardus leoni leonie leonor leony leopold lerato leroy lesley leslie lesmana
    lestari lesti lestiani lestyo leticia letisha levi levina lewin lewis lexi leylani lia liam
    liauw lidia lidiawati lidya lies liesel liesti liesye lilia lilian liliana liliani liliek
    lilik lilis liliyana lillian lillie lily lilyana lilyani lina linawati lince lincoln linda
    lindsay lindsey ling linggar lintang lintar linus lionel liong liony lisa lisbeth lisna
    lisnawati listia listiani listiyani listya listyani listyo liswati lita livia livy liz
    lizzie lloyd lodewijk logan lois lola lorena lorenzo loretta lori lorna lorraine lottie lou
    louie louis louise lovina lovita lowell lowri luca lucas lucia luciana luciano lucien
    lucille lucinda lucius lucky lucy ludfi ludovic ludwig luh luigi luis luisa lukas luke luki
    lukito lukman lulu luluk lulung luna lupe luqman lusi lusia lusiana lusiani lusy lutfi
    lutfia lutfiah lutfiana lutfiyah luther luthfi luthfia luthfiah lutvi lyana lydia lyla lyle
    lyndon lynette lynn lynne mabel mabrur mabruri maciej mackenzie maddie maddison made
    madeleine madeline madge madi madison mads madun mae maemunah maesaroh maeve mafud magda
    magdalena maggie magnus maharani mahardhika mahardika mahatma mahbub mahdi mahendra mahendri
    mahesa mahfud mahfudin mahfudz mahira mahmoud mahmud mahmuda mahmudah mahrani mahrus maia
    maida maimun maimunah maina maisarah maisaroh maisie maisya maizar majed majid makena makmun
    makoto malachi malcolm malihah malik malika malikah mallory mamad maman mamat mamik manda
    mandra mandy manfred mangku manish mansi mansur mansurah mansyah mansyur manuel manuela
    maolana mara marc marcel marcela marcelino marcell marcella marcello marcia marco marcus
    mardhatillah mardhiyah mardi mardiah mardiana mardiansyah mardianto mardina mardiyah
    mardiyanti mardiyono margaret margareta margaretha margaretta margarita margery margi margie
    margo margono margot maria mariah mariam mariana mariani marianne mariati maribel maridjan
    marie marietta marigold marilou marilyn marina mario marion maris marisa marisca mariska
    marisol marissa marit maritza mariyam mariyati marjan marjono marjorie marjuki mark markus
    marla marlena marlene marliana marlin marlina marlinda marlon marni marnie marno marsel
    marselina marselino marsha marshall marshanda marsono marsudi marsya marta marten martha
    marthin martin martina martini martinus marto martono marty maruf maruli maruto marvin
    marwah marwan marwati marwoto mary maryadi maryam maryana maryani maryanto maryati maryono
    marzuki mas'ud masako masdar mashudi masita masitoh maskur maskuri mason masri masrur
    masruri masruroh massimo mastur masudah masyitoh mateo mathias mathieu mathilde matilda
    matius matt matteo mattheus matthew matthias mattie maud maude maudi maudy maulana maulani
    maulida maulidina maulidya maulin maureen mauren maurice mauricio maurin maurits mavis
    mawaddah mawar mawardi mawarni max maxi maximilian maxine maxwell may maya mayang mayangsari
    mayasari maykel mayra maysaroh mayumi mckenzie meera meg mega megan megawati meghan mehmet
    mei meidiana meidina meika meila meilan meilani meilinda meina meirani meirina meirisa
    meisya mela melan melania melanie melati melda meli meliana melina melinda melisa melissa
    meliyana melly melody melva melvin memet mentari mercedes meredith meri meriana merle merlin
    merlina merlinda merry mersi mervyn mesya meta metta meuthia meutia mey meylan meylani meyra
    meysa mia micah michael michaela michal micheal michele michelin michella michelle mick
    mickey miftah miftahul miftakhul miguel mika mikael mikaela mikail mike mikha mikhael
    mikhail mikko miko mila milan milda mildred milea milen milena miles miley milton mimi
    min-jun mina minah minarti mindy minerva ming minh minho mini minji minnie mintarsih minto
    mira mirah miranda mirawati mirella miriam mirna mirnawati mirza misbah misbahul misha
    misnan misrina misty mita mitch mitchell mitha mitsuki moch mochamad mochammad mochtar
    moedjiono moerdiono mohamad mohamed mohammad mohammed mohit mohtar moira moises molly mona
    monalisa monang monica monika monique montgomery monty morena morgan morris moses muafa
    muallif mubarak muchamad muchlis muchtar mudjiono mufid mufida mufidah muftia mugi mugiono
    muh muhadi muhaimin muhajir muhamad muhammad muhammadin muharram muhdi muhibbin muhidin
    muhlis muhlisin muhsin muhtar muis mujahid mujahidin mujianto mujiati mujib mujiono mujiyem
    mukaromah mukhamad mukhlis mukhtar mukidi mukti mulan muliadi muliana mulya mulyadi mulyana
    mulyani mulyaningsih mulyanto mulyati mulyawan mulyono mumun munandar munaroh munasir
    munawar munawaroh munawir mundzir munif munir munira munjiah muntaha muntamah munzir murdani
    murdiono murdiyanto muriana muriel murjani murni murniati murray mursid mursidah mursyid
    murtadho murti murtinah murtini murtiningsih murtopo murwani musa musdalifah musdalipah
    musfirah muslih muslihah muslimah muslimin mustafa mustafidah mustakim mustapha mustaqim
    mustari mustika mustofa mustopa mutaqin muthia muthmainah muthmainnah mutia mutiara
    mutmainah muzaki muzakki muzayyin muzdalifah muzdalipah myles myra myriam myrna myron myrtle
    nabhan nabil nabila nabilah nabilla nadhif nadhilah nadhira nadhirah nadia nadif nadifa
    nadila nadine nadira nadiya nadiyah nadya nafi nafisa nafisah nafiz naga nagita nahdia naila
    nailah nailul naim najib najla najma najmi najmuddin najwa naldo nana nanang nancy nanda
    nandang nandi nandini nandito nando nanette nani nanik nanin naning naoki naomi napoleon
    nara narendra naresh nareswari narti nasaruddin nashwa nasikin nasir nasiruddin nasri
    nasrudin nasrul nastiti naswa nat nata natalia natalie natalina natalya natanael natasha
    natasja natasya nate nathalia nathan nathania nathaniel nathasya naufal naura naveed nawang
    nawawi naya nayaka nayla nayra nayyara nazar nazaruddin nazifa nazila nazmi nazwa neal ned
    neil nelda neli nelly nelson nenden neneng nengah nengsih neni nesia nesti nestor nesya neti
    nettie netty nety neva neville neyla neysa ngadiman ngatiman ngatinem ngatini ngatmi ngatmin
    ngozi ngurah nguyen nia niall niar nicholas nick nicko nicky nico nicola nicolas nicole
    nicolette niels nigel niken nikhil nikita nikki niklas nikmah niko nikolai nikolaj nikolas
    nila nilam nilasari nilawati nils nima nina nindi nindita nindy nindya ningrum ningsih nini
    niniek ninik nining ninis nino ninuk nirina nirmala nirwan nirwana nirwanto nisa nisfi nisha
    nishant nisrina niswah nita niyah niza nizam nizar noah noel noelle noer nofa nofi nofia
    nofita nofri nola nolan nomsa noni nonik noor nora noreen norma norman norris noval novalina
    novan novel noveria novi novia noviana noviani novianti novianto novita noviyana noviyanti
    noviyanto novrita novritasari novriyanti nugraha nugroho nuha nunik nuning nunu nunuk nunung
    nur nur'aeni nur'aini nuraeni nuraida nuraina nuraini nurainun nuraisyah nuralam nuramalia
    nuranisa nurasiah nuratika nurazizah nurbaiti nurbaya nurcahya nurcahyo nurchasanah
    nurcholis nurdiana nurdiansyah nurdin nureni nurfadilah nurfaidah nurfajri nurfitri
    nurfitria nurhadi nurhaeni nurhaida nurhalimah nurhaliza nurhana nurhani nurhasan nurhasanah
    nurhasnah nurhayati nurhidayah nurhidayat nurhikmah nuri nuriah nurida nuril nurila nurima
    nurin nurisma nurismawati nurita nuriyah nurjanah nurjannah nurkhasanah nurkholis nurlaela
    nurlaila nurlaili nurleli nurlina nurlinda nurmala nurmalasari nurman nurmaya nurmayanti
    nurmi nurmiati nurmila nurniati nurohman nurokhman nurrahman nurramadhani nurrohman
    nursaidah nursalim nursamsi nursanti nursiah nursita nursyamsi nursyamsiah nursyifa nurul
    nurul'aini nurussalam nurwahid nurwahyuni nurwati nuryadi nuryana nuryani nuryanti nuryanto
    nuryati nuzul nuzula nyai nyi nyoman obet oca ocha ochi octa octavia octavian octaviani
    octavio odah odette odi odin oding ogan ogi ojan oji oka oki okta oktafia oktafiani oktari
    oktavia oktavian oktaviana oktaviandi oktaviani oktaviano ola olaf oleg oleksandr olena olga
    oliv olive oliver olivia olivier oliviero olivya olla ollie olumide oluwaseun omar omari
    omen omer onah oneng onny oona opal opan ophelia opi opie opik oriza orla orlando orson osa
    osama oscar osman oswald otis otniel otong otoy otto owen owi ozzie pablo pahrul paidi paige
    paijan paijo paiman paimin paisal palguna palmer paloma palupi pam pamela pamuji pamungkas
    panca pandi pandji pandu pangeran pangestu panji panjul panut paolo papin paramita pardi
    pardiman pardjo parida parjo parker parlin parlina parlindungan parman parmin parmini
    parsiti parti parto parulian parveen parwati parwoto paryanti paryono pascal pasha paska
    paskalis pasquale patar patria patrice patricia patrick patrisia patrisius patsy patti patty
    paul paula paulina pauline paulus pavel paxton pearl pedro peggy pelangi pendi penny peny
    pepen percival percy permadi permana permata perry pertiwi petang peter petra petros petrus
    peyton phil philip philippa philippe philipus phillip philomena phoebe pierre pilar pince
    pinkan pinta piotr piper pipit pippa pitaloka poerwanto polly poltak pongki ponijan poniman
    ponirah popi popon poppy popy porter prabandari prabawa prabowo prabu pradana pradipta
    pradita pradnya prakasa prakoso pramadita pramana pramesti prameswari pramita pramono
    pramudita pramudya pranata pranita pranoto pranowo pras prasanti prasasti prasetia prasetiyo
    prasetya prasetyo prasojo prastiwi prastowo pratama pratamawati pratami pratika pratita
    pratiwi pravita prawira prayitno prayoga prayogi prayogo preston pretty priatna pribadi
    prihandoko prihantini prihartini prihatini prijadi prijono prima primadona primanda prio
    pris prisca priscilla prisila prisilia priska prita priya priyadi priyambodo priyani
    priyanka priyanto priyatna priyo priyono prudence pudji pudjiastuti puji pujianto pujiastuti
    pujiati pujiono pujiwati puput purba purnama purnamasari purnami purnawan purnawati purnomo
    purwadi purwanti purwanto purwati purwoko purwono puspa puspasari puspita puspitasari puspo
    putra putranti putranto putri putriana putriani putu qaisara qalbi qanita qanun qiana qisthi
    qisya qomar qomariah qomarudin qonita qori qorina queen queena quentin quincy quinn quraisy
    qurrota rabbani rabiah rabiatul rachael rachel rachelle rachma rachmad rachman rachmat
    rachmatullah rachmawati radea raden radhika radian radinka radit raditya radja rafa rafael
    rafi rafiah rafie rafif rafika rafiqah rafli raghav ragil ragilia rahadi rahadian rahardian
    rahardjo raharjo rahayu rahel rahim rahimah rahma rahmad rahmadani rahmadhani rahmadi rahmah
    rahman rahmanda rahmania rahmaniar rahmanto rahmat rahmatika rahmatullah rahmawati rahmayani
    rahmayanti rahmi rahmita rahul raihan raihana raihanah raina rainer raisa raisha raissa
    raisya raj raja rajab rajendra rajesh rajiman rajiv rajni raka ralph rama ramadani ramadhan
    ramadhani ramayanti ramdan ramdani ramdania ramdhan ramdhani ramesh ramiro ramlah ramlan
    ramlawati ramli ramon ramona ramos randall randi randy rangga rani rania raniah ranjit ranny
    ranti raphael raquel rara rashad rashid rasid rasidi rasidin rasim rasmi rasmini rasna rasti
    rastra rasya rasyid rasyida ratih ratmi ratmini ratna ratnaningsih ratnasari ratnawati ratri
    ratu raudah raudhatul raul raven ravi ray raya rayendra rayhan rayi raylene raymond raynald
    rayyan razak razan razi razka reagan rebecca rebekah redi reed reese refa reffi refina regan
    reggie regina regita reid reihan reihana reina reinhard reinhold rejeki rejo relita remi
    remy rena renaldi renaldy renata rendi rendra rendy rene renee reni renita renny reno reny
    rené resa resky resmiyati resti restu resty retna retno reuben reva revan revi revina revita
    rex reyhan reyhana reynaldi reynard reynold reza rezeki rezi rezki rezky rhamadan rhea rhett
    rhiannon rhoda rhoma rhona rhonda rhys ria rian riana riani rianti rianto rianty ribka
    ricardo riccardo richard richie rick ricky rico ridha ridho ridhwan ridlo riduan ridwan
    ridwansyah ridwanto rieke rifa rifai rifan rifani rifat rifda rifki rifky rifqa rifqah rifqi
    rigoberto rika rikardus rikki riko riley rima rimba rina rinaldi rinaldo rinaldy rindi
    rindiani rindu rindy rini rinita rinjani rino rintan rinto rio rionaldo riri ririek ririn
    risa risal risana risang risdianto rishi riska riskawati riski riskiana risky risma rismanto
    rismauli rismawati rismaya risna risno rissa rista ristanti risti ristya risya rita ritongga
    riva rivai rivaldi rivaldo rivan riwanto riya riyadi riyan riyana riyanti riyanto riyono
    riza rizal rizalina rizka rizki rizkia rizkiana rizkika rizkina rizkiyah rizky rizqa rizqi
    rizqy rizwan roald rob robbani robbi robbie robby robert roberta roberto robi robiah
    robiatul robin robyn rocco rochelle rochmad rochmah rochman rocio rocky roderick rodiah
    rodiyah rodney rodolfo rodrigo roeslan rofi rofiah rofiq rofiqi rofiqoh rogelio roger
    rohaeni rohaeti rohan rohana rohanah rohani rohayah rohayati rohendi rohim rohimah rohimin
    rohit rohmah rohman rohmani rohmat rohmatin roidah roihan rojak rojali rojiah rokayah
    rokhayah rokhim rokhmat rokiah rokim roland rolando rolf romadhon romadon romadoni roman
    romeo romi romlah romli romy ron ronal ronald ronaldo ronan roni ronnie ronny rony roosevelt
    roro rory rosa rosada rosalia rosalie rosalina rosalind rosalinda rosalyn rosamund rosanna
    rosario roscoe rosdi rosdiana rosdianah rose roseanne roselina rosemary roshid rosi rosiah
    rosiana rosidah rosidi rosidin rosie rosita roslina roslyn rosmala rosmalia rosmayanti
    rosmiati rosmini rosna rosnah rosni rosnida rospita ross rossa rosyad rosyana rosyid rosyida
    rosyidah roudhotul rowan rowena roxana roxanne roy royani royce rozak rozali rozaq rozi
    ruben rubi rubiah rubiyanto ruby rudhi rudi rudiansyah rudianto rudini rudiyanto rudolf
    rudolph rudy rufaida rufus rugayah ruhut rujito rukayah rukiah rukiyah rukmana rukmini ruli
    rully rumiati rumini rumondang rumsiah rumyani runi rupert ruqayyah rusdi rusdiana rusdianto
    rusdiyah rusdiyanto rusdy rusilawati ruslan rusli rusman rusmana rusmiati rusmini rusmiyati
    rusna rusnah russ russell rustam rusti rustina rustini rustiyah rusty rusydi ruth ruthie
    ruwaida ruwiyah ryan ryder saadah saadia saadiah sabar sabariah sabda sabila sabilla sabine
    sabri sabrina sachi sadam saddam sadewa sadie sadikin sadikun sadiman sadiyah sadli saeed
    saefuddin saefudin saepudin saepul safa safaruddin safira safirah safitri safri safrina
    safrizal safrudin sagita sahara saharuddin sahat sahid sahril sahrini sahrul saibah saidah
    saidi saif saifuddin saifudin saiful saiin saiman sainah saini saipul sajidin sajiman
    sakinah sakiyem sakti saku sakura sal salahudin salamah salamun saleh salim salimah salimin
    salina salis sally salma salmah salman salmiah salomo salsa salsabela salsabil salsabila
    salsabilla salvador salvatore salwa sam samad samani samantha sambas samiah samiaji samijan
    samin samini samir samiran samiyem sammy sampson samsi samsiah samson samsuddin samsudin
    samsul samsuri samuel samuri sanah sandeep sandhi sandi sandika sandra sandrina sandy
    sangkot sanip sanjana sanjay sanjaya sanna santi santiago santika santo santoso santy sanusi
    saoirse sapardi saparudin sapitri sapri sapta saptini sapto saptono sara sarah saraswati
    sardi sardiman sardjono sari sari'ah sariani sariati sarif sarifa sarijan sarima sarimah
    sariman sarina sarinah saringatun saripah saripudin sariyem sarjito sarjiyem sarjono sarmadi
    sarman sarmi sarmila sarmini sarno sarpin sartika sartinah sartini sarto sartono sarwanto
    sarwendah sarwo sarwono sasa sasha saskia sasmita sasongko sastra sastrawan sastri sastro
    satoshi satria satrio satrya satya satyo saud saul savannah savira sawitri sayekti sayid
    sayidah sayuti scarlett scott sean sebastian sebastien sekar sekarini sekarwangi sela
    selamet selena selene selina selly selma selvi selvia selvy sendi senja seno seoyeon septi
    septian septiana septiani septianto septiawan septina septiyani septriana septy serafina
    serena serge sergei sergio serli serly seruni seth setia setiabudi setiadi setiaji setiani
    setianingsih setianto setiati setiawan setiawati setiowati seto setyaji setyani setyaningsih
    setyarini setyawan setyawati setyo setyono sevia seviana sevira seymour shaan shabira
    shabrina shafa shafira shaila shaka shakila shakira shalsa shaluna shandy shane shaneka
    shanelle shania shanice shaniqua shannon shanti shareefa sharfina shari sharif sharlene
    sharon shaun shauna shawn shawna shea sheila shela shelby sheldon shella shelley shelly
    shely sheren sheri sherin sherina sherli sherlina sherly sherman sherri sherry sheryl shidqi
    shigeru shilla shiloh shinta shira shireen shirley shirly shofi shofia shofiyah shofwan
    shofyan sholeh sholihah sholihin sholikhah sholikin shreya shyla siami sid sidharta sidik
    sidiq sidney sienna sierra sigit sigmund sigrid sihol silas silfi silfia silmi silvana
    silvani silvi silvia silviana silviani silvio simamora simeon simon simona simone sindhu
    sindi sindy sinead sinta sintia sintya sinéad siobhan sipho siska siswadi siswandi siswanti
    siswanto siswati siswaya siswono siswoyo sitha siti sitirahma siwi sjahrir skye skyler
    slamat slamet sloane sobari sobirin sobri soebandi soedirman soedjarwo soegeng soeharto
    soejono soekamto soekarni soekarno soelastri soemarno soenarto soeparman soepomo soepriyanto
    soeripto soerjadi soetedjo soetomo soetrisno sofi sofia sofiah sofian sofie sofiyah sofiyan
    sofwan sofyan soimah sola solange soleh solehah solehudin solihin solikah solikin solomon
    sondang sondra sonia sonja sonny sonya sopandi sophia sophie sopiah sopian sopiyan soraya
    soren spencer sri sriani sriatun srinarti sriningsih sripah sriwahyuni sriyani sriyanto
    sriyono stacey stacie stacy stan stanislav stanley stefan stefani stefania stefanny stefano
    stefanus steffi stella stephan stephane stephanie stephany stephen stevani stevanus steve
    steven stevi stevy stewart stina stu stuart suaedah suaib suandi suardi suasti suastika
    subadri subagio subagja subagyo subakti subandi subandriyo subarjo subarkah subchan subekti
    subhan subhi subianti subianto subiyanto subiyantoro subki subrata subroto subur sucahyo
    suci suciana sucianti suciati sucipto sudariyah sudarma sudarmaji sudarman sudarmawan
    sudarmi sudarmono sudarno sudarso sudarsono sudarti sudarto sudaryanto sudaryati sudaryono
    sudiarta sudiarti sudibyo sudiharto sudiono sudira sudirman sudiro sudiyanto sudiyono
    sudjana sudjatmiko sudono sudradjat sudrajad sudrajat sue sufyan sugandi sugeng sugianto
    sugiarti sugiarto sugiatno sugih sugihartati sugiharto sugihartono sugiman sugino sugiono
    sugito sugiyanto sugiyarti sugiyarto sugiyem sugiyono sugondo suhada suhadi suhaemi suhaeni
    suhailah suhaimi suhana suhanda suhandi suhardi suhardiman suharjo suharman suharmi suharno
    suharsono suhartati suhartini suharto suhartono suharyanto suharyati suharyono suhaya suhela
    suhendar suhendi suhendra suhendrik suheri suherlan suherman suherni suherti suhesti suhiyah
    suhodo suhud sujadi sujana sujarno sujarwo sujatmi sujatmiko sujatno sujiati sujinah sujito
    sujiwo sujono sukadi sukaesih sukamdi sukamta sukamti sukamto sukardi sukardiman
    sukarelawati sukarjo sukarman sukarmi sukarna sukarni sukarniati sukarno sukarsih sukarti
    sukarya sukasih sukatno sukendar sukerti sukesih sukesti sukijan sukiman sukimin sukinah
    sukinem sukini sukir sukirah sukirman sukirno sukisno sukiyah sukiyem sukma sukmadi sukmana
    sukmawati sukmayanti sukmono suko sukoco sukri sukriyah sukron sulaeha sulaeman sulaiha
    sulaimah sulaiman sulaksono sulami sulasih sulasmi sulasno sulastin sulastini sulastri sulha
    sulhan sulihah sulikah sulis sulistiani sulistiawati sulistina sulistio sulistiono
    sulistiowati sulistyani sulistyaningsih sulistyanto sulistyo sulistyorini sulistyowati
    suliyah suliyem sultan sulthan sulthon sulton sulyani sumadi sumaji suman sumanto sumantri
    sumardi sumargo sumarjo sumarlin sumarman sumarmi sumarna sumarni sumarno sumarsih sumarsono
    sumarti sumartini sumarto sumartono sumarwan sumarwoto sumaryati sumaryono sumayyah sumi
    sumiarti sumiasih sumiati sumiatun sumijah sumijan suminah suminar suminem suminta suminto
    sumirah sumirat sumitra sumitro sumiyati sumiyem summer sumono sumpeno sunan sunandar
    sunardi sunariyah sunariyo sunarmi sunarmin sunarno sunarsih sunarso sunarti sunarto sunarya
    sunaryanto sunaryo sundari suniah suniarti sunil sunny sunyoto supangat supardi supardjo
    supari suparjo suparlan suparman suparmi suparmo suparni suparno suparta suparti supartinah
    supartini suparto supartono suparyanto supatmi supatmo supeno supiah supinah supiyah supono
    suprapti supraptiningsih suprapto supratman supri supriadi suprianto supriati supriatin
    supriatna suprihatin suprijono supriono supriyadi supriyanti supriyanto supriyati supriyatin
    supriyatna supriyono surachman suradi suradji surahman surahmat surahmi suraji surajiyo
    surana suranto surasa surasmi surati suratman suratmi suratno suratun surawan suresh suriadi
    suriah suriani surianto surip suripah suripto suriyani surjadi surjati surjono surniati
    surono suroso suroto surti surtini surya suryadarma suryadi suryadin suryan suryana
    suryanata suryandari suryani suryaningsih suryanti suryanto suryaputra suryati suryo suryono
    susan susana susandi susandra susanna susannah susanti susi susiana susiani susianti
    susianto susiati susie susilawati susilo susilowati susiyanti susiyanto susmiati susmita
    susmiyati suswanti suswanto suswati susy sutadi sutadji sutamto sutanto sutardi sutardjo
    sutari sutarjo sutarman sutarmi sutarmo sutarni sutarno sutarsih sutarso sutarti sutarto
    sutarya sutaryo sutaryono sutedja suteja sutejo suteni suti sutiah sutiani sutik sutikno
    sutiman sutinah sutinem sutini sutino sutirah sutirta sutisna sutiyah sutiyem sutiyo
    sutiyono sutjipto sutomo sutono sutopo sutoyo sutrasno sutri sutrimo sutrisna sutrisnawati
    sutrisni sutrisno suwaji suwanda suwandari suwandi suwanti suwanto suwardi suwardjo suwarjo
    suwarna suwarni suwarno suwarsih suwarsono suwarta suwarti suwartini suwartiningsih suwarto
    suwartono suwasono suwasti suwati suweni suwignyo suwiknyo suwirya suwita suwitno suwito
    suwondo suwono suyadi suyamto suyani suyanti suyanto suyat suyati suyatini suyatman suyatmi
    suyatno suyatun suyitni suyitno suyoko suyono suyoto suyudi suzanne sven svetlana syabana
    syachrul syaefudin syafaat syafaruddin syafei syafi syafi'i syafii syafina syafiq syafiqah
    syafira syafitri syafril syafrizal syafruddin syafrudin syafwan syahda syahdan syahid
    syahira syahla syahnan syahnaz syahputra syahputri syahra syahrani syahreza syahri syahrial
    syahrian syahril syahrini syahriza syahrizal syahroni syahrudin syahrul syaifuddin syaifudin
    syaiful syaima syakila syakir syakira syakirah syakur syalsabila syam syamsiah syamsiar
    syamsir syamsuddin syamsudin syamsul syamsuri syarif syarifa syarifah syariffudin
    syarifuddin syarifudin syaripudin syasya syauqi syawal syawalina syawaludin sybil syechan
    syed syeikha syeila syekh syella syerina syifa syifana syifaul syilla sylvester sylvia
    sylvie syofian syofyan syukri syukron syukur søren tabah tabita tabitha tadashi taheera
    tahir tajuddin tajudin takashi takeshi talia talita talitha tamam tamara tamika tamiya tammy
    tamrin tamsin tandi tania tanjung tanner tanoto tanti tantowi tantri tantriana tara tari
    tarida tarigan tarini tariq tarjo tarmin tarmini tarmizi tarmuji tarno tarsih tarsini tarso
    taruna tarwan tarwiyah tarwoto taryana taryati taryn taryono tasha tasia taslim tasmi tasnim
    tasripin taswin tasya tata tatang tate tati tatiana tatik tatok tatyana taufan taufani
    taufik taufiq tauhid taupik taupiq tayler taylor tazkia ted teddy tedi tedja tedjo tedy
    tegan tegar teguh teja tejasukmana tejo tejowati temon temperance tengku tenri terence
    teresa teri terrance terrell terrence terri terry tess tessa teti teuku thabo thaddeus
    thalia thandiwe thea thelma theo theodora theodore theodorus theresa thia thiago thibault
    thierry thohir thomas thora thorsten tia tiana tiani tiar tiara tiarma tibor tifani tiffani
    tiffany tigor tika tikno tilawati tile tillie tilly tim timmy timo timoteus timothy timoti
    timotius tina tinah tince tini tino tinuk tiopan tioria tirta tirto tirza tita titania titi
    titiana titiek titik titin titis tito titus tiur tiurlan tiurma tiwi tjahjono tjahyo tjandra
    tjipto tjokro tobias tobin toby todd tofan togar toha tohari tohir tom tomas tomasz tomi
    tommi tommy tomoko tondi toni tonny tono tony tonya tora torang tori toriq torsten totok
    toyib tracey tracie tracy travis trent trenton tresna tresnawati trevor tri triana triandi
    triani trianto triasih triatmojo triawan tribowo tricia tridesi tridewi trihartanto
    triharyanto trihatmojo trijoko trikusuma trimo trimulyani trimurti trina trinanda trining
    triningsih trinity tripurno tripuspita trisasongko trisna trisnani trisnaningsih trisnawati
    trisno tristan tristiana trisuci trisula trisutrisno triutami trivena triwahyuni triwati
    trixie triyana triyani triyanto triyatmi triyono troy trudy truman tubagus tucker tugiman
    tugimin tuginah tugino tugirah tugiyem tugiyo tukijan tukijo tukiman tukimin tukinem tukino
    tukirah tukiran tukiyem tukul tulus tumar tumijan tumijo tumin tuminah tuminem tumini
    tuminingsih tumirah tumiran tumiyem tumpak tumpal tunde tunggul turah turiman turino turmudi
    tursina turyati turyono tusiyem tuslah tuti tutiek tutik tutut tya tyas tyler tyra tyrell
    tyrone tyson ubaidillah uci ucok udayana udi udin udjang ujang ukar uki ulan ulfa ulil ulin
    ulinnuha ulrich ulrike ulum ulumudin ulya ulysses uma umairah umairoh umam umar umaya umayah
    umberto umi umiyati ummi ummiati ummu ummul unathi untari untoro untung upi upik uriah uriel
    urip ursula usamah usep usha usman usro ustadi ustman usup uswatun utama utami utari utomo
    uton uus uut uyun uyung uzair val valen valentin valentina valentino valeria valerie vanesa
    vanessa vanessya vani vania vaniya vanka vannesa vanya vaughn vebri vega velda velia velma
    vely veni venna venny venus vera verawati verdi verena verity vernanda vernon vero veronica
    veronika veronique verra vic vicente vicka vicki vicky victoire victor victoria vidi vidia
    vidya vijay vika vikas viki vikram vikri viktor viky vilda vina vince vincensius vincent
    vincenzo vinda vindy vini vinka vinna vino viny viola violet violetta violita viona vira
    viraj virda virgi virgiawan virgil virginia virna vishal viska vita vito vittoria vivek vivi
    vivian viviana vivien vivienne vivin vlad vladimir vonny vony wade wafa wafi wafiq wafiyah
    wagiman wagimin wagini wagino wagiyem wagiyo wahab wahda wahib wahid wahidah wahidin wahidun
    wahyono wahyu wahyudha wahyudi wahyudianto wahyudin wahyuni wahyuniar wahyuningrum
    wahyuningsih wahyuningtyas wahyutri wakidi waldo waleed walidah walker wallace wally walter
    waluya waluyo wanda wandi wandira wanti wanto waqar warastuti ward wardana wardani wardaya
    wardhana wardhani wardi wardiman wardiyah warni warnida warno warnoto warren warsi warsiah
    warsih warsiman warsini warsita warsito warso warsono warti wartini warto wartono wartoyo
    waryono wasiat wasilah wasis wasitah wasito waskita waskito wasti wasto wati watini wawan
    wawang wayan waylon wayne wayuni wei wenda wendi wendy weni wening wenny wesley weston
    whitney wiarti wibawa wibi wibisana wibisono wibowo wicaksana wicaksono wida widagdo widarta
    widarti widayanti widayat widayati widi widia widiana widianto widiantoro widiarti widiarto
    widiasari widiastuti widiati widiawati widigdo widiningsih widiyani widiyanti widiyanto
    widjaja widjanarko widjojo widodo widura widya widyaningrum widyaningsih widyantara widyanto
    widyasari widyastuti widyatmoko widyawati widyo wiguna wijanarko wijaya wijayakusuma
    wijayanti wijayanto wijayati wiji wijono wilbur wilda wildan wilder wilfred wilfredo wilhelm
    wilhelmina wilis will willa willard willem willi william willow willy willyanto wilma wilopo
    wilson wilujeng wina winangun winanti winanto winarni winarno winarsih winarso winarti
    winarto winata winaya wincent winda windarti windarto windayani windi windiarti windiyani
    windria windy winifred wining winnie winny winona winoto winston winto wira wiraatmadja
    wiranata wiranto wirawan wirda wiryawan wiryono wisnu wisnuwardhana wiwi wiwid wiwiek wiwik
    wiwin wiwit wiwoho wiyana wiyanti wiyanto wiyarti wiyono wolfgang wondo woody wowo wulan
    wulandari wulandini wulansari wuri wuryandari wuryani wuryanti wuryanto wyatt xander xanthe
    xaverius xavier xena xiao ximena xiomara yacob yadi yael yahdi yahya yakob yakub yan yana
    yanah yani yanie yanita yannick yanti yanto yanuar yanuarti yara yasa yasin yasinta yasir
    yasman yasmin yasmine yasni yati yatin yatini yatmi yatno yayah yayan yayat yayu yayuk yazid
    yekti yelina yelli yeni yenie yenni yenny yeremia yermia yerry yesaya yesenia yesi yesica
    yesika yessi yessy yeti yetti yitno yoan yoana yoanes yodi yoel yoga yogaswara yogi yohan
    yohana yohanes yohanis yohanna yoko yola yolanda yolla yona yonas yonatan yonathan yongki
    yongky yono yoppi yosafat yosef yosefina yoseph yosephine yoshua yosi yosia yossi yosua
    yousef youssef yovan yovi yovie yovita yoyok yuanita yuda yudanto yudantoro yudha yudhanto
    yudhi yudhistira yudho yudhoyono yudi yudiana yudianto yudistira yuditya yugo yuki yulaikah
    yulan yuli yulia yuliana yuliandi yuliandri yuliani yulianti yuliantini yulianto yuliarti
    yuliastuti yuliati yuliawati yulida yulinar yulis yulisa yulisnawati yulistia yulistiana
    yulistri yulita yulius yuliyanti yuliyanto yumi yumna yuna yunan yunanto yunda yuni yunianti
    yunianto yuniar yuniarti yuniati yunike yunindra yuningsih yuniska yunita yuniza yunus yupi
    yurika yurike yuriko yuris yurni yusa yusda yusfan yusfi yushar yusi yusman yusmawati yusmi
    yusna yusni yusniar yusnita yuspita yusra yusran yusri yusril yusrina yusrizal yusron
    yustika yustina yustinus yustisia yusuf yusup yuswanto yuta yuto yuyu yuyun yuyus yuyut yves
    yvette yvonne zac zach zachary zack zaenab zaenal zaenuddin zaenudin zaenuri zafar zafira
    zafran zahid zahir zahira zahiroh zahra zahran zahrani zahratul zahrul zahwa zaidan zaim
    zaima zainab zainah zainal zainuddin zainudin zainul zainuri zaira zakaria zaki zakia zakiah
    zakiya zakiyah zakki zalfa zalika zalina zalma zander zane zanele zara zaskia zaskya zayn
    zayyan zefanya zefri zein zeke zelda zelika zelina zena zenab zeni zenita zeno zerlinda zeva
    zia ziah zian zidan zidane zidni ziggy zihan zikri zilfa zinedine zivana zoe zoey zoltan
    zora zoya zoë zubaedah zubaidah zubir zuhair zuhdi zuhra zuhri zuhriah zuhroh zul zulaeha
    zulaiha zulaihah zulaika zulaikha zulfa zulfah zulfan zulfi zulfia zulfiah zulfiana zulfikar
    zulfikri zulhaj zulham zulhan zulhelmi zulhendri zuliana zulkarnaen zulkarnain zulkarnaini
    zulkifli zulkipli zulmaini zulmi zulpan zulvi zulvia zumaroh zumrotun zunaidi zuraida
    zuraidah zuri zurina
    """
)

FAMILY_NAMES = word_set(
    """
    adeyemi adiningrat agarwal alatas alaydrus alhabsyi almascatie almeida alvarez anderson
    andersson assegaf atmadja bahasuan banerjee bani barnes barus basalamah baswedan batubara
    bawazier becker bennett bere bhatia bianchi bond bose broglie brooks bui butler byrne
    campbell caniago carvalho castillo chaniago chatterjee chavez cho choi chopra chowdhury
    clark clarke coleman collins colombo cooper costa cruz dalimunthe dalloway damanik dang
    danuwinata das daulay davies desai diallo diaz dlamini doherty doko doyle dubois dupont díaz
    edwards eriksson esposito evans fernandes ferrari ferreira fischer fletcher flores fujita
    gallagher garcia garcía ghosh ginting girsang gomez gonzalez gonzález guci gupta gutierrez
    gómez hadikusumo hadinoto hamilton hansen harahap hasibuan hayashi hayes henderson hernandez
    hernández hill hoang hoffmann horvat huang hughes hussain hutabarat hutagalung hutahaean
    hutapea hutasoit inoue ivanov iyer jambak jang jenkins jensen jimenez johansson johnson
    jones joshi jung kaban kaligis kamau kambuaya kandou kang kapoor karo-karo kartasasmita kato
    kawilarang kennedy ketaren khan khanna kimura kobayashi kogoya koto kowalski kumar kuznetsov
    kwee larsen lasut latuconsina laurent lefevre leimena lie liem liu lobo lokollo lopez lubis
    lumbangaol lumbanraja lumbantobing lumowa lynch lópez macdonald mahayana malhotra mamahit
    mandacan mandagi manurung marpaung martinez martínez matondang matsumoto matulessy mccarthy
    mcdonald mcgregor mehta mendoza menon mensah mewengkang mokoginta mononimbar moore morales
    moreau moreno mukherjee muller murphy mwangi myers müller nababan nadeak naibaho naiborhu
    nainggolan nair nakamura nalle napitupulu nasution natadisastra nggili nielsen nkosi novak
    nowak o'brien o'connor o'malley o'neill o'reilly odhiambo oei okada okafor okonkwo oliveira
    olsen ortiz owusu pangemanan panjaitan pardede park pasaribu patel patterson pattimura
    pattinama pattinasarany pelupessy perangin-angin peranginangin pereira perez peterson petrov
    pham phan phillips picard piliang pinem pinontoan pohan powell price pulungan pérez qureshi
    rambe ramirez ramos ramírez rangkuti rao ratulangi reddy reyes ribeiro ricci richardson
    ritonga rivera roberts robertson robinson rodriguez rodríguez romano romero rondonuwu rossi
    ruiz rumambi rumbiak rumbino rumengan russo sagala sahetapy salampessy samosir sanchez
    sanders santos saputra saputri saragih sasaki sato schmidt schneider schulz sembiring shah
    sharma shihab shimizu siagian siahaan sianipar sianturi sibarani sibuea sidabutar sidauruk
    sigalingging sihite sihombing sihotang sijabat sikumbang silaban silalahi silitonga
    simangunsong simanjuntak simarmata simatupang simbolon simmons simorangkir sinaga sinambela
    sinclair singh sinurat sipayung sirait siregar sitanggang sitepu sitinjak sitohang sitompul
    sitorus situmeang situmorang smirnov smith sompie sondakh souza sullivan supit surbakti
    suryaningrat suzuki svensson sánchez tabuni tahitoe tamba tambunan tampubolon tanaka tanoe
    tanudjaja tanuwijaya tefa thio thompson thomson tjia tobing togatorop tolkien torres tran
    traore tuasikal tuhuteru tumbelaka tumewu tumiwa turnip van verma wagner walsh wang wanggai
    watanabe watson wattimena waworuntu weber wenas williams wiriaatmadja wonda worang wowor
    wright yamada yamamoto yoon yoshida zhang zhao zhou zhu
    """
)
"""Names of families that are no first name here: with a capital as good as one."""

ORDINARY_NAMES = word_set(
    """
    abel agam agung aji alam amber angel anggun anom anugerah anugrah apollo april aria arum
    asih asmara aspen august austin awang ayla bagong bagus baron basil berlian bill binar
    bintang blake blanche bolang boncel brandy brooke brooklyn buana budiman bulan bunga cahaya
    cahya cakra camelia cantikan caraka carmine carol casper catur chad chandler chase chelsea
    cherie cherry chester cinta clay clement clementine cole coral crystal cut dadi dahlia daisy
    dakota dale damar dan dane dante dara dawn dean delima dewa dick dinar dini diva drake drew
    ebony elang elok endah entong ernest faith fajar felicity fitrah flora florence forrest
    frank fuji gading gadis gagah garda gemilang gendis genta georgia gilang glen grace grant
    guntur gus halilintar hari harper harsh hawa hazel heath heather heppy hercules hidayah
    hidayat hikmah hikmat holden holly homer hope hudson hunter imam iman indah intan iris ismi
    ivy izzah jack jade jagat jalu jan jasman jati jay jaya jelita jihad jo jordan joy jude june
    juno kai kaka kalis kandi kasih kasim kay kejora kemala kenang kenanga kencana kent kenya
    khalifah kharisma kian kurnia laksana lanang lee legiman leo lily lincoln lintang lou lucky
    luh luna made maharani mahardika malik manda mandra mandy mark mason mawar max maxi may mega
    mei melati melody mentari mercedes merlin merry meta milan miles milton mina mini misty
    monty morris moses muharram mukti mulya murni musa mustika mutiara myrtle naga napoleon nat
    nata nikmah nila nilam nini nirwana noni norma novel nugraha nuri nyai nyi octavia olive
    omen opal orlando otong palguna pamungkas panca pandu pangeran panji patria patty pearl
    pelangi penny percy permadi permana permata pertiwi petang pilar pinkan pinta piper pitaloka
    popi poppy porter pranata prawira pretty pribadi prima primadona prudence puji purnama puspa
    putra putri queen ragil rahman rahmat raja rajab ramadani ramadhan rara ratu raven ray raya
    redi reed rejeki rejo restu rex rezeki ria rimba rindu rob robin rohani roman rose rosemary
    rowan ruby rusty sabar sabda sahara sakinah sakti saku sal saleh sandi sandy santiago sapta
    sari satria satrya satya sekar sela selamet senja serge seruni setia sidney sierra siwi skye
    slamat sonny stan subur suci sue sugih sukma sultan summer sunan sunny surya syawal syekh
    syukron syukur tabah tanjung tanner taruna taslim tata tate tauhid tegar teguh tim tirta
    titis torang tresna tri trinity trisula troy tucker tukul tulus tunggul udayana umi ummi
    untung upik urip utama utami val venus verity victor viola violet virginia wade wahid walker
    wally waluya wanti ward warren wasis wening wibawa wibi wicaksana widi wiji will willow
    woody yupi zara
    """
)
"""Names that are everyday words too: in lower case they are taken for the word."""

BALINESE = word_set(
    """
    wayan made nyoman ketut gede putu kadek komang gusti nengah dewa luh ngurah dewi
    """
)
"""A name's first word may be "I" only before one of these."""
